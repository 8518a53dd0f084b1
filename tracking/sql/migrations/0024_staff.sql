-- People who work in the console, and what they looked at and did.

CREATE TABLE staff (
    staff_id       uuid PRIMARY KEY,
    email          text NOT NULL,               -- lower case; by what they log in
    name           text NOT NULL,
    role           text NOT NULL,               -- support | lead | admin
    shops          uuid[],                      -- whose parcels they see; null: everybody's
    password       text NOT NULL,               -- argon2id
    one_time_until timestamptz,                 -- it was made by the operator and works until then
    totp           text,                        -- sealed
    totp_step      bigint NOT NULL DEFAULT 0,   -- the last that was used: none is used twice
    disabled_at    timestamptz,
    created_at     timestamptz NOT NULL
);
CREATE UNIQUE INDEX staff_by_email ON staff (email);

CREATE TABLE staff_session (
    session_hash bytea PRIMARY KEY,             -- SHA-256 of 256 random bits
    staff_id     uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
    second       boolean NOT NULL,              -- whether the second factor was given
    created_at   timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL
);
CREATE INDEX staff_session_of_staff ON staff_session (staff_id);

-- Wrong answers, counted before they are looked at. By a keyed hash of who is tried and from where.
CREATE TABLE login_try (
    name_hash    bytea PRIMARY KEY,
    wrong        integer NOT NULL,
    paused_until timestamptz,
    at           timestamptz NOT NULL
);
CREATE INDEX login_try_by_age ON login_try (at);

-- Who saw or did what, and when. Rows are added and, after two years, deleted; none is changed.
CREATE TABLE audit (
    audit_id    uuid PRIMARY KEY,
    at          timestamptz NOT NULL,
    staff_id    uuid NOT NULL,
    email       text NOT NULL,                  -- as it was then
    action      text NOT NULL,                  -- schemas.staff.Action
    shipment_id uuid,
    detail      text                            -- sealed JSON: may quote what was typed
);
CREATE INDEX audit_by_age ON audit (at);
CREATE INDEX audit_of_shipment ON audit (shipment_id, at) WHERE shipment_id IS NOT NULL;
CREATE INDEX audit_of_staff ON audit (staff_id, at);

-- What staff tell each other of a parcel.
CREATE TABLE staff_note (
    shipment_id uuid NOT NULL,
    note_id     uuid NOT NULL,
    at          timestamptz NOT NULL,
    email       text NOT NULL,                  -- of who wrote it
    text        text NOT NULL,                  -- sealed
    PRIMARY KEY (shipment_id, note_id)
);
