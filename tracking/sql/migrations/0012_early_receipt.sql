-- Receipts that came before it was noted by what their provider names the message: message centres
-- send them as soon as the phone has it. Taken from here as soon as the notice is known, or forgotten.

CREATE TABLE early_receipt (
    provider    text NOT NULL,
    provider_id text NOT NULL,
    state       text NOT NULL,
    code        text,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (provider, provider_id, state)
);
CREATE INDEX early_receipt_by_age ON early_receipt (received_at);
