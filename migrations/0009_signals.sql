-- Technical signals and the record of the rules behind them, one batch an hour and mode; the newest batch is in force.
-- What is shown of a rule and why it is not is decided by whoever reads, from the figures.

CREATE TABLE signal_rules (
  mode TEXT NOT NULL,
  rule TEXT NOT NULL CHECK (rule IN ('rsi_reversal', 'macd_cross', 'bollinger_breakout', 'momentum')),
  computed_at INTEGER NOT NULL,
  trades INTEGER NOT NULL,
  hits INTEGER NOT NULL CHECK (hits <= trades),
  net_bps REAL NOT NULL,
  withheld TEXT,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  PRIMARY KEY (mode, computed_at, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE signals (
  mode TEXT NOT NULL,
  computed_at INTEGER NOT NULL,
  exchange TEXT NOT NULL CHECK (exchange IN ('binance', 'bybit', 'okx')),
  market TEXT NOT NULL CHECK (market IN ('spot', 'perp')),
  symbol TEXT NOT NULL,
  rule TEXT NOT NULL CHECK (rule IN ('rsi_reversal', 'macd_cross', 'bollinger_breakout', 'momentum')),
  side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
  bar INTEGER NOT NULL,
  enter_by INTEGER NOT NULL CHECK (enter_by > bar),
  source TEXT NOT NULL CHECK (source IN ('api', 'cache', 'lake')),
  age_ms INTEGER NOT NULL CHECK (age_ms >= 0),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  PRIMARY KEY (mode, computed_at, exchange, market, symbol, rule, bar)
) STRICT, WITHOUT ROWID;

-- An ended technical episode keeps its signal from beginning again for as long as it could be entered.
CREATE INDEX opportunities_technical_ended ON opportunities (ended_at) WHERE type = 'technical';

-- What each opportunity is filtered by; rows from before get theirs with their next confirmation.
ALTER TABLE opportunities ADD COLUMN categories TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(categories));
