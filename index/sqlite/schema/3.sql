-- Where the database lies, see place.go; empty: it is not known yet.
ALTER TABLE state ADD COLUMN place TEXT NOT NULL DEFAULT '';
