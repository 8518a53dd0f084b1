-- Live pages read what they show from the shipment itself. Processes of the release before still write
-- the column while roles are restarted one after another; a later migration drops it.

ALTER TABLE outbox ALTER COLUMN frame DROP NOT NULL;
