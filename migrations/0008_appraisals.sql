-- What became of what was alerted: one row an opportunity and step, from its scheduling to its answer.
-- All figures of statistics are here, so that nothing has to be read out of the opportunities' documents.

CREATE TABLE appraisals (
  opportunity_id TEXT NOT NULL REFERENCES opportunities (id),
  step TEXT NOT NULL CHECK (step IN ('after_5s', 'after_60s', 'expiry')),
  mode TEXT NOT NULL,
  type TEXT NOT NULL,
  exchanges TEXT NOT NULL,
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
