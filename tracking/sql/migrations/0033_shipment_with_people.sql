-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS shipment_with_people
    ON shipment (created_at) WHERE erased_at IS NULL;
