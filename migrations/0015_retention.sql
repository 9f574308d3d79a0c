-- Dead letters go by their age; each may be as large as a queue message, so none of them is read to find the old ones.

CREATE INDEX dead_letters_recorded ON dead_letters (recorded_at);
