-- People can be taken out of what is kept, and it can be proven afterwards.

-- Since then it names nobody, and what its carrier tells names nobody either; null: it may. A shop
-- that registers it anew brings somebody back.
ALTER TABLE shipment ADD COLUMN erased_at timestamptz;

-- Which payloads speak of which parcels, by journey 1 of their numbers: also of those that told
-- nothing new.
CREATE TABLE raw_parcel (
    shipment_id uuid NOT NULL,
    digest      bytea NOT NULL,                 -- of the payload
    received_at timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, digest)
);
CREATE INDEX raw_parcel_by_age ON raw_parcel (received_at);

-- Who was erased when and by whom, as keyed hashes: an older backup is erased again by these rows.
-- No person is named, and no parcel.
CREATE TABLE erasure (
    erasure_id  uuid PRIMARY KEY,
    begun_at    timestamptz NOT NULL,
    done_at     timestamptz,                    -- null: it was cut off, and is to be run again
    by          text NOT NULL,                  -- operator, or the e-mail of staff
    kind        text NOT NULL,                  -- phone | email | parcel
    hashes      bytea[] NOT NULL,               -- of the number, address or parcel, under every key
    name_hashes bytea[],                        -- of the name; null: whatever the name
    merchant_id uuid,                           -- of whose parcels; null: of all shops'
    rows        json NOT NULL,                  -- by class of data, how many rows were changed
    found       json,                           -- by table, what the check found afterwards
    work        text                            -- sealed, until it is done: what is to be erased
);
