-- Whether this session may migrate. It asks and never waits: a waiting statement holds a snapshot,
-- and CREATE INDEX CONCURRENTLY of the one who migrates would wait for it in turn.
SELECT pg_try_advisory_lock(8117251104);
