-- A file of one block is found by its root, which that block tells.
DROP INDEX path_block;
ALTER TABLE path DROP COLUMN block;
