-- Whether a webhook answers quickly: how many quick answers in a row it still has to give until it
-- is taken for quick; 0: it is. A new one has to give one.
ALTER TABLE webhook ADD COLUMN slowness smallint NOT NULL DEFAULT 1;
