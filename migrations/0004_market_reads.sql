-- Who served the reads of public market data, by the hour: the hit rates of cache and lake.

CREATE TABLE market_reads (
  hour INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('feed', 'book', 'candles', 'funding_history', 'instruments')),
  served TEXT NOT NULL CHECK (served IN ('cache', 'lake', 'api', 'nobody')),
  reads INTEGER NOT NULL CHECK (reads > 0),
  PRIMARY KEY (hour, kind, served)
) STRICT, WITHOUT ROWID;
