-- What is old enough to be deleted is found by its age.
CREATE INDEX raw_payload_by_age ON raw_payload (received_at);
CREATE INDEX quarantine_resolved ON quarantine (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX parked_replayed ON parked_message (replayed_at) WHERE replayed_at IS NOT NULL;
