-- What a parcel is found by besides its number and order.

-- By what the people of a registration are found: keyed hashes of phone, e-mail, postcode and the
-- words of their names, four bytes each. Beside the registration, so that reading it stays cheap.
CREATE TABLE person_index (
    shipment_id   uuid PRIMARY KEY,
    merchant_id   uuid NOT NULL,
    registered_at timestamptz NOT NULL,
    key_id        bytea NOT NULL,               -- of the secret key that made the hashes
    of_contact    text NOT NULL,                -- MD5 of the sealed contact of which they are
    terms         integer[] NOT NULL
);
-- What is written is found at once and no search has to read a list of what is pending.
CREATE INDEX person_index_by_term ON person_index USING gin (terms) WITH (fastupdate = off);

-- Where a parcel waits to be collected: the words of the name and the id of the place.
ALTER TABLE standing ADD COLUMN place text;
