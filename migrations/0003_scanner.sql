-- What the scan loop knows of the exchanges from one scan to the next.

ALTER TABLE feeds ADD COLUMN failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0);

-- Budgets, silences and clocks of all hosts: one document, because each scan reads and writes all of it.
CREATE TABLE hosts (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  updated_at INTEGER NOT NULL
) STRICT;
