-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS standing_by_place
    ON standing USING gin (string_to_array(place, ' '))
    WITH (fastupdate = off) WHERE place IS NOT NULL;
