-- What each scan of the last hour said, by asset: read for one asset at a time. A table of its own, since a scan's
-- report lies before it in a row of `scans` and would be read with it.

CREATE TABLE scan_verdicts (
  scan_id INTEGER PRIMARY KEY,
  mode TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload))
) STRICT;

-- When the outcomes of an ended opportunity were handed over to be shown, and whether a chat's message shows them.
ALTER TABLE opportunities ADD COLUMN outcome_announced_at INTEGER;
CREATE INDEX opportunities_outcome ON opportunities (ended_at) WHERE outcome_announced_at IS NULL;
ALTER TABLE deliveries ADD COLUMN shows_outcome INTEGER NOT NULL DEFAULT 0 CHECK (shows_outcome IN (0, 1));
