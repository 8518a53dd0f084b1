-- no-transaction
-- What was posted of one parcel: the id of a fact begins with that of its parcel.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_delivery_of_parcel
    ON webhook_delivery (merchant_id, left(fact_id, 36))
