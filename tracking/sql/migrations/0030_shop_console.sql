-- What staff do to a shop: its settings, policies, webhooks, keys and registrations.

ALTER TABLE audit ADD COLUMN merchant_id uuid;
CREATE INDEX audit_of_merchant ON audit (merchant_id, at) WHERE merchant_id IS NOT NULL;
