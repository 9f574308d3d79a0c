-- The order in which news of opportunities was written, so that a reader goes on from where it was, and the figure that
-- lists are ordered by. `seq` is that of the newest revision, `opened_seq` that of the start or the latest return.
ALTER TABLE opportunities ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE opportunities ADD COLUMN opened_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE opportunities ADD COLUMN ranked_bps REAL NOT NULL DEFAULT 0;
UPDATE opportunities SET ranked_bps = net_bps;
CREATE INDEX opportunities_changed ON opportunities (seq);
DROP INDEX opportunities_open;
CREATE INDEX opportunities_open ON opportunities (ranked_bps DESC, id) WHERE ended_at IS NULL;

-- Numbers are never given twice, also after the rows that had them are gone.
CREATE TABLE change_counter (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  value INTEGER NOT NULL
) STRICT;
INSERT INTO change_counter (id, value) VALUES (1, 0);
