-- What the scans measured. Each row holds counters that run on since the beginning, as they stood when its hour ended:
-- an hour's own figures are the difference to the row before, and dropping old rows makes no counter fall.
-- Maps are JSON objects of counters by name; histograms hold one count a bucket, named by its upper bound in ms.

CREATE TABLE feed_rollups (
  mode TEXT NOT NULL CHECK (mode IN ('live', 'replay', 'synthetic')),
  exchange TEXT NOT NULL,
  market TEXT NOT NULL,
  hour INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  ok INTEGER NOT NULL,
  held_back INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  quotes INTEGER NOT NULL,
  books INTEGER NOT NULL,
  books_failed INTEGER NOT NULL,
  latency_ms_sum INTEGER NOT NULL,
  latency_ms_max INTEGER NOT NULL, -- of this hour alone
  latency TEXT NOT NULL CHECK (json_valid(latency)),
  errors TEXT NOT NULL CHECK (json_valid(errors)),
  rejected TEXT NOT NULL CHECK (json_valid(rejected)),
  age_ms_median INTEGER, -- the newest scan's, as are the next two
  age_ms_oldest INTEGER,
  clock_offset_ms INTEGER NOT NULL,
  PRIMARY KEY (mode, exchange, market, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE scan_rollups (
  mode TEXT NOT NULL CHECK (mode IN ('live', 'replay', 'synthetic')),
  hour INTEGER NOT NULL,
  scans INTEGER NOT NULL,
  missed INTEGER NOT NULL, -- due times at which no scan ran to its end
  candidates INTEGER NOT NULL,
  opened INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  duration_ms_sum INTEGER NOT NULL,
  duration_ms_max INTEGER NOT NULL, -- of this hour alone
  duration TEXT NOT NULL CHECK (json_valid(duration)),
  drops TEXT NOT NULL CHECK (json_valid(drops)),
  PRIMARY KEY (mode, hour)
) STRICT, WITHOUT ROWID;
