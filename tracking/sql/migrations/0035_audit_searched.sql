-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_searched
    ON audit (at) WHERE action = 'searched' AND detail IS NOT NULL;
