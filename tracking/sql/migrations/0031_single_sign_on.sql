-- Who somebody of the staff is to a provider of identities, and which sessions began there.

CREATE TABLE staff_identity (
    staff_id   uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
    issuer     text NOT NULL,
    subject    text NOT NULL,                   -- the provider's own id: never given to anybody else
    created_at timestamptz NOT NULL,
    PRIMARY KEY (staff_id, issuer),
    UNIQUE (issuer, subject)
);

ALTER TABLE staff_session ADD COLUMN by_provider boolean NOT NULL DEFAULT false;
