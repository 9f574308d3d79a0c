-- Which asset a ticker stands for, what happened to the exchanges' lists, and which instruments are under suspicion.

-- What CoinMarketCap knows of an asset. One coin of its symbol, or one whose price alone fits, is `matched`.
CREATE TABLE assets (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('matched', 'ambiguous', 'unknown')),
  cmc_id INTEGER,
  cmc_candidates TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(cmc_candidates)),
  name TEXT,
  chain TEXT,
  contract TEXT,
  updated_at INTEGER NOT NULL,
  CHECK ((cmc_id IS NULL) = (state <> 'matched'))
) STRICT, WITHOUT ROWID;

-- Tickers that are not their asset's own name. The code's table is the source; this is its copy with what is listed.
CREATE TABLE asset_tickers (
  exchange TEXT NOT NULL CHECK (exchange IN ('binance', 'bybit', 'okx')),
  ticker TEXT NOT NULL,
  asset TEXT NOT NULL,
  multiplier INTEGER NOT NULL CHECK (multiplier >= 1),
  source TEXT NOT NULL,
  PRIMARY KEY (exchange, ticker)
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_tickers_asset ON asset_tickers (asset);

CREATE TABLE instrument_events (
  exchange TEXT NOT NULL CHECK (exchange IN ('binance', 'bybit', 'okx')),
  market TEXT NOT NULL CHECK (market IN ('spot', 'perp')),
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('first_seen', 'listed', 'delisted', 'changed', 'halted', 'resumed', 'refused')),
  symbol TEXT NOT NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  PRIMARY KEY (exchange, market, at, kind, symbol)
) STRICT, WITHOUT ROWID;
CREATE INDEX instrument_events_at ON instrument_events (at);

-- All instruments under suspicion: one document a market mode, because each scan reads all of it.
CREATE TABLE quarantine (
  mode TEXT PRIMARY KEY CHECK (mode IN ('live', 'replay', 'synthetic')),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  scan_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Stored instruments name assets by the rules of before, so every list is read anew.
DELETE FROM instrument_lists;
DELETE FROM instruments;
