-- When carriers were heard, so that one that has fallen silent is noticed before shoppers do.

CREATE TABLE carrier_heard (
    carrier     text NOT NULL,
    slot        timestamptz NOT NULL,           -- a quarter of an hour
    events      integer NOT NULL,
    longest_gap double precision NOT NULL,      -- seconds of silence before something came, at most
    last_at     timestamptz NOT NULL,
    PRIMARY KEY (carrier, slot)
);
CREATE INDEX carrier_heard_by_age ON carrier_heard (slot);
