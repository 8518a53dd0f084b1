-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS shipment_by_bare_number
    ON shipment (translate(tracking_number, ' -./_~', ''));
