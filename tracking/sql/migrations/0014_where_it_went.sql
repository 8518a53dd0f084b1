-- A report names a notice, not an address, and the parcel may have been registered anew meanwhile.
-- A text that ended without having been sent is noted until a mail in its place was decided on:
-- whoever noted its end may die before that.

ALTER TABLE notice
    ADD COLUMN address_hash      bytea,         -- keyed, of the number or address it was handed over for
    ADD COLUMN needs_another_way boolean NOT NULL DEFAULT false;

CREATE INDEX notice_needs_another_way ON notice (changed_at) WHERE needs_another_way;
