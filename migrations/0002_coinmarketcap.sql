-- What was spent at CoinMarketCap. Credits are reserved before a call and settled after it; times are epoch milliseconds.

CREATE TABLE cmc_quota (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  period_ends_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  credits_limit INTEGER NOT NULL CHECK (credits_limit >= 0),
  requests_limit INTEGER NOT NULL CHECK (requests_limit >= 0),
  credits_spent INTEGER NOT NULL CHECK (credits_spent >= 0),
  day INTEGER NOT NULL,
  day_base INTEGER NOT NULL CHECK (day_base >= 0),
  paused_until INTEGER NOT NULL DEFAULT 0,
  pause TEXT CHECK (pause IN ('minute', 'address', 'day', 'month', 'key_refused'))
) STRICT;

-- One row a call of the last hour, and every call whose price is not known yet.
CREATE TABLE cmc_calls (
  id TEXT PRIMARY KEY,
  topic TEXT NOT NULL,
  credits INTEGER NOT NULL CHECK (credits >= 0),
  reserved_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX cmc_calls_open ON cmc_calls (topic, reserved_at, credits) WHERE settled_at IS NULL;
CREATE INDEX cmc_calls_reserved ON cmc_calls (reserved_at);
CREATE INDEX cmc_calls_settled ON cmc_calls (settled_at, credits) WHERE settled_at IS NOT NULL;
