-- The text every applied migration had.
SELECT number, checksum FROM schema_migration;
