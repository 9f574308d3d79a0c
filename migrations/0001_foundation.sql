-- People, sessions, the market's record, opportunities and what was delivered of them.
-- Times are epoch milliseconds UTC; amounts inside payloads are decimal strings; identifiers are TEXT or below 2^53.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  telegram_id INTEGER NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin', 'super_admin')),
  tier TEXT NOT NULL DEFAULT 'free' CHECK (tier IN ('free', 'basic', 'premium', 'pro', 'enterprise')),
  created_at INTEGER NOT NULL,
  unreachable_at INTEGER,
  unreachable_reason TEXT
) STRICT;

CREATE TABLE sessions (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  state TEXT NOT NULL CHECK (state IN ('active', 'expired', 'terminated')),
  opened_at INTEGER NOT NULL,
  last_active_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  commands INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE preferences (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  version INTEGER NOT NULL DEFAULT 1,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE instruments (
  exchange TEXT NOT NULL CHECK (exchange IN ('binance', 'bybit', 'okx')),
  market TEXT NOT NULL CHECK (market IN ('spot', 'perp')),
  symbol TEXT NOT NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (exchange, market, symbol)
) STRICT, WITHOUT ROWID;

-- When each market's list of instruments was last fetched in full; a copy elsewhere with other times is out of date.
CREATE TABLE instrument_lists (
  exchange TEXT NOT NULL CHECK (exchange IN ('binance', 'bybit', 'okx')),
  market TEXT NOT NULL CHECK (market IN ('spot', 'perp')),
  fetched_at INTEGER NOT NULL,
  PRIMARY KEY (exchange, market)
) STRICT, WITHOUT ROWID;

-- One row a feed: what health and status show, and when a limited exchange may be asked again.
CREATE TABLE feeds (
  exchange TEXT NOT NULL CHECK (exchange IN ('binance', 'bybit', 'okx')),
  market TEXT NOT NULL CHECK (market IN ('spot', 'perp')),
  state TEXT NOT NULL CHECK (state IN ('ok', 'degraded', 'rate_limited', 'unreachable', 'down')),
  error TEXT,
  error_class TEXT,
  quotes INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL,
  checked_at INTEGER NOT NULL,
  last_success_at INTEGER,
  retry_at INTEGER,
  PRIMARY KEY (exchange, market)
) STRICT, WITHOUT ROWID;

-- A scan in progress is a lease: the next one starts when it has finished or has grown too old.
CREATE TABLE scans (
  id INTEGER PRIMARY KEY,
  mode TEXT NOT NULL CHECK (mode IN ('live', 'replay', 'synthetic')),
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  streaks TEXT CHECK (streaks IS NULL OR json_valid(streaks)),
  report TEXT CHECK (report IS NULL OR json_valid(report))
) STRICT;
CREATE INDEX scans_finished ON scans (finished_at);

CREATE TABLE opportunities (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  type TEXT NOT NULL,
  asset TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('detected', 'verified', 'active', 'expired', 'vanished')),
  mode TEXT NOT NULL,
  net_bps REAL NOT NULL,
  detected_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ended_at INTEGER,
  revision INTEGER NOT NULL,
  announced_revision INTEGER NOT NULL DEFAULT 0,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  CHECK ((ended_at IS NULL) = (status IN ('detected', 'verified', 'active')))
) STRICT;
-- Two open episodes of one key would be two alerts for one thing.
CREATE UNIQUE INDEX opportunities_open_key ON opportunities (key) WHERE ended_at IS NULL;
CREATE INDEX opportunities_open ON opportunities (net_bps DESC, id) WHERE ended_at IS NULL;
CREATE INDEX opportunities_ended ON opportunities (ended_at);
CREATE INDEX opportunities_unannounced ON opportunities (updated_at) WHERE announced_revision < revision;

-- How one page of people was decided for one revision: counts by reason, written once however often it is replayed.
CREATE TABLE distributions (
  opportunity_id TEXT NOT NULL REFERENCES opportunities (id),
  revision INTEGER NOT NULL,
  after_user_id TEXT NOT NULL,
  counts TEXT NOT NULL CHECK (json_valid(counts)),
  decided_at INTEGER NOT NULL,
  PRIMARY KEY (opportunity_id, revision, after_user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX distributions_decided ON distributions (decided_at);

CREATE TABLE deliveries (
  opportunity_id TEXT NOT NULL REFERENCES opportunities (id),
  chat_id INTEGER NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'withheld')),
  silent INTEGER NOT NULL CHECK (silent IN (0, 1)),
  revision INTEGER NOT NULL DEFAULT 0,
  message_id INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (opportunity_id, chat_id)
) STRICT, WITHOUT ROWID;

-- Telegram repeats an update until it is answered; a row makes it act once.
CREATE TABLE updates (
  id INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('received', 'done', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 1,
  error TEXT,
  received_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX updates_received ON updates (received_at);

CREATE TABLE dead_letters (
  queue TEXT NOT NULL,
  message_id TEXT NOT NULL,
  body TEXT NOT NULL,
  error TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (queue, message_id)
) STRICT, WITHOUT ROWID;

-- What can only be asked now and then, as Telegram: how it did when it was asked last.
CREATE TABLE dependencies (
  name TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('ok', 'degraded', 'rate_limited', 'unreachable', 'down')),
  error TEXT,
  checked_at INTEGER NOT NULL,
  last_success_at INTEGER
) STRICT, WITHOUT ROWID;
