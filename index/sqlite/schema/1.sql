-- A folder: the life and length of our own index of it, and sums over its paths.
CREATE TABLE folder (
  id          INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: rows of a dropped folder may linger
  name        BLOB    NOT NULL UNIQUE,           -- index.FolderID
  epoch       INTEGER NOT NULL,
  seq         INTEGER NOT NULL,                  -- of the latest change
  ear         INTEGER NOT NULL,                  -- the last one given out, see device
  files       INTEGER NOT NULL,                  -- live files and links here
  bytes       INTEGER NOT NULL,
  directories INTEGER NOT NULL,
  need_files  INTEGER NOT NULL,
  need_bytes  INTEGER NOT NULL,
  crc         INTEGER NOT NULL
);

-- A device that told us its index of a folder. What it holds stands in
-- path.others under its ear, a small number that is never given out twice: a
-- new ear forgets, without touching a row, all that was heard with the old one.
CREATE TABLE device (
  folder    INTEGER NOT NULL,
  name      BLOB    NOT NULL, -- index.DeviceID
  ear       INTEGER NOT NULL,
  sends     INTEGER NOT NULL,
  epoch     INTEGER NOT NULL, -- the cursor: how far it has been heard
  seq       INTEGER NOT NULL,
  has_files INTEGER NOT NULL, -- our live paths which it has in our version or a newer one
  has_bytes INTEGER NOT NULL,
  clings    INTEGER NOT NULL, -- paths deleted here of which it still holds something else
  crc       INTEGER NOT NULL,
  PRIMARY KEY (folder, name)
) WITHOUT ROWID;

-- A path of a folder, and everything known about it.
CREATE TABLE path (
  id     INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  key    BLOB    NOT NULL, -- the path with 0 for the slash: bytes then order as a walk does
  seq    INTEGER,          -- of our record; NULL where there is none
  root   INTEGER,          -- of a live file: the beginning of its root
  block  INTEGER,          -- of a live file of one block: the beginning of its hash
  want   INTEGER,          -- 0, 1, 2 where a device holds what ours does not contain, see want.go
  list   INTEGER,          -- the block list of our record's root, unless it is of one block and live
  prev   INTEGER,          -- the block list of the root it had before
  have   BLOB,             -- our record
  others BLOB              -- what the other devices hold
);
CREATE UNIQUE INDEX path_key ON path (folder, key);
CREATE INDEX path_seq   ON path (folder, seq)       WHERE seq   IS NOT NULL;
CREATE INDEX path_root  ON path (folder, root)      WHERE root  IS NOT NULL;
CREATE INDEX path_block ON path (folder, block)     WHERE block IS NOT NULL;
CREATE INDEX path_want  ON path (folder, want, key) WHERE want  IS NOT NULL;

-- A block list, kept while path.list or path.prev point to it.
CREATE TABLE list (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  folder INTEGER NOT NULL,
  root   INTEGER NOT NULL, -- its beginning
  refs   INTEGER NOT NULL,
  n      INTEGER NOT NULL, -- blocks in it
  blocks BLOB    NOT NULL
);
CREATE INDEX list_root ON list (folder, root);

-- Which lists of several blocks may have a block: the beginning of its hash.
CREATE TABLE chunk (
  hash INTEGER NOT NULL,
  list INTEGER NOT NULL,
  PRIMARY KEY (hash, list)
) WITHOUT ROWID;

-- The engine's notes.
CREATE TABLE note (
  folder INTEGER NOT NULL,
  name   TEXT    NOT NULL,
  value  TEXT    NOT NULL,
  PRIMARY KEY (folder, name)
) WITHOUT ROWID;

-- Folders that were dropped and whose rows are still being removed.
CREATE TABLE dropped (folder INTEGER PRIMARY KEY);

-- Whether the database was closed in order. One row.
CREATE TABLE state (clean INTEGER NOT NULL);
INSERT INTO state VALUES (1);
