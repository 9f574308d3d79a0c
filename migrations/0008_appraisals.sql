-- What became of what was alerted: one row an opportunity and step, from its scheduling to its answer.
-- All figures of statistics are here, so that nothing has to be read out of the opportunities' documents.

CREATE TABLE appraisals (
  opportunity_id TEXT NOT NULL REFERENCES opportunities (id),
  step TEXT NOT NULL CHECK (step IN ('after_5s', 'after_60s', 'expiry')),
  mode TEXT NOT NULL,
  type TEXT NOT NULL,
  exchanges TEXT NOT NULL,
  pair TEXT NOT NULL DEFAULT '',
  claimed_at INTEGER NOT NULL,
  claimed_bps REAL NOT NULL,
  confidence REAL CHECK (confidence BETWEEN 0 AND 1),
  features TEXT CHECK (features IS NULL OR json_valid(features)),
  due_at INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'scheduled' CHECK (state IN ('scheduled', 'valued', 'unvalued', 'missed')),
  realised_bps REAL,
  reason TEXT,
  appraised_at INTEGER,
  ages TEXT CHECK (ages IS NULL OR json_valid(ages)),
  PRIMARY KEY (opportunity_id, step),
  -- A number belongs to what was valued, a reason to everything else that is over.
  CHECK ((state = 'valued') = (realised_bps IS NOT NULL)),
  CHECK ((state IN ('unvalued', 'missed')) = (reason IS NOT NULL)),
  CHECK ((state = 'scheduled') = (appraised_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX appraisals_scheduled ON appraisals (due_at) WHERE state = 'scheduled';
CREATE INDEX appraisals_recent ON appraisals (mode, claimed_at);

-- Budgets and silences as the re-pricing has seen them, beside those of the scans: neither overwrites the other's.
CREATE TABLE hosts_of_appraiser (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  updated_at INTEGER NOT NULL
) STRICT;

-- What a market's outcomes have taught so far: counts, shares by pair and the model in use. One document a mode.
CREATE TABLE learned (
  mode TEXT PRIMARY KEY,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  learned_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every model that was ever trained, with how it did on outcomes it had not seen; also those that were not taken.
CREATE TABLE models (
  version TEXT PRIMARY KEY,
  mode TEXT NOT NULL,
  trained_at INTEGER NOT NULL,
  outcomes INTEGER NOT NULL,
  brier REAL NOT NULL,
  brier_of_base_rate REAL NOT NULL,
  taken INTEGER NOT NULL CHECK (taken IN (0, 1)),
  payload TEXT NOT NULL CHECK (json_valid(payload))
) STRICT, WITHOUT ROWID;
