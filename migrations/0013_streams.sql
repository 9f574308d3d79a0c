-- The streams that each person has open. One that ended gives its row back; one whose end nobody noticed holds it no
-- longer than it could have lasted.

CREATE TABLE streams (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX streams_of_user ON streams (user_id, ends_at);
