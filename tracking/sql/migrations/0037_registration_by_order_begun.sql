-- no-transaction
-- An order in any case, and without the number of the parcel that some shops write behind it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS registration_by_order_begun
    ON registration (lower(regexp_replace(order_ref, '[-./][0-9]{1,2}$', '')));
