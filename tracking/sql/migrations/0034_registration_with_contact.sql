-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS registration_with_contact
    ON registration (registered_at) WHERE contact IS NOT NULL;
