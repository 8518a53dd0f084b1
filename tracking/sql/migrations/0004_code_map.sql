-- What the operator says a code means can be changed and taken back: the scans concerned keep what
-- they told, and by which revision of the map they were read.

-- Each meaning has a number of its own. The one who maps gives the next; 0: read by no meaning.
ALTER TABLE code_map ADD COLUMN revision bigint GENERATED ALWAYS AS IDENTITY;

ALTER TABLE unrecognised_scan
    ADD COLUMN told     json,                   -- the scan before the map was asked; null: as it is kept
    ADD COLUMN digest   bytea,                  -- of what was told: the scan may be another one by now
    ADD COLUMN revision bigint NOT NULL DEFAULT 0;
