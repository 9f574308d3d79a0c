-- What settlements of perpetuals really charged, a row a perpetual and day of UTC, and when each was last asked for.
-- A day may be short of settlements that were still to come when it was read; a later read makes it whole.

CREATE TABLE funding_days (
  mode TEXT NOT NULL,
  exchange TEXT NOT NULL CHECK (exchange IN ('binance', 'bybit', 'okx')),
  symbol TEXT NOT NULL,
  day INTEGER NOT NULL CHECK (day % 86400000 = 0),
  settlements INTEGER NOT NULL CHECK (settlements > 0),
  rate_sum REAL NOT NULL,
  rate_min REAL NOT NULL,
  rate_max REAL NOT NULL CHECK (rate_max >= rate_min),
  PRIMARY KEY (mode, exchange, symbol, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX funding_days_old ON funding_days (mode, day);

CREATE TABLE funding_reads (
  mode TEXT NOT NULL,
  exchange TEXT NOT NULL CHECK (exchange IN ('binance', 'bybit', 'okx')),
  symbol TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  read_at INTEGER CHECK (read_at <= asked_at),
  PRIMARY KEY (mode, exchange, symbol)
) STRICT, WITHOUT ROWID;
