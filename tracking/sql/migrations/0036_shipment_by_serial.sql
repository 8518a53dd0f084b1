-- no-transaction
-- The nine digits of a number of the Universal Postal Union (S10), which is how it is read out.
CREATE INDEX CONCURRENTLY IF NOT EXISTS shipment_by_serial
    ON shipment (substring(
        translate(tracking_number, ' -./_~', '') FROM '^[A-Z]{2}([0-9]{9})[A-Z]{2}$'));
