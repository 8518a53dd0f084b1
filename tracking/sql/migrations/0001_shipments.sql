-- Shipments, their scans, the outbox. shipment_id leads every key of what a shipment owns.

CREATE TABLE shipment (
    shipment_id     uuid PRIMARY KEY,           -- derived from (carrier, tracking_number, journey)
    carrier         text NOT NULL,
    tracking_number text NOT NULL,
    journey         integer NOT NULL DEFAULT 1,
    other_journeys  integer[],                  -- on journey 1 only: the number was reused
    version         integer NOT NULL,           -- rises with every change; the id of a live update
    status          text NOT NULL,
    state           json NOT NULL,              -- schemas.shipment.ShipmentState
    last_at         timestamptz,                -- effective instant of the latest scan
    simple          boolean NOT NULL,           -- no scan needs the whole set to be read
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX shipment_by_number ON shipment (tracking_number);

CREATE TABLE scan (
    shipment_id uuid NOT NULL,
    scan_key    bytea NOT NULL,                 -- the carrier's event id, or a hash of what it says
    digest      bytea NOT NULL,                 -- hash of what it says, to tell a reused event id
    received_at timestamptz NOT NULL,           -- first receipt
    version     integer NOT NULL,               -- the shipment's version that brought it
    body        json NOT NULL,                  -- schemas.scan.Scan, pickup secrets sealed
    raw_digest  bytea,                          -- the payload it came in, where not Klāt's format
    PRIMARY KEY (shipment_id, scan_key)
);

-- Unknown codes only: few rows, so that mapping a code finds its scans at once.
CREATE TABLE unrecognised_scan (
    shipment_id uuid NOT NULL,
    scan_key    bytea NOT NULL,
    carrier     text NOT NULL,
    code        text NOT NULL,
    PRIMARY KEY (shipment_id, scan_key)
);
CREATE INDEX unrecognised_scan_by_code ON unrecognised_scan (carrier, code);

CREATE TABLE raw_payload (
    digest      bytea PRIMARY KEY,
    carrier     text NOT NULL,
    received_at timestamptz NOT NULL,
    sealed      bytea NOT NULL
);

CREATE TABLE outbox (
    shipment_id uuid NOT NULL,
    version     integer NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,  -- order of writing, never shown outside
    fact_type   text,                                 -- routing key on klat.facts, or null
    fact        text,                                 -- the CloudEvent, as it is published
    frame       text NOT NULL,                        -- the live update for klat.live
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, version)
);
CREATE INDEX outbox_by_id ON outbox (id);

CREATE TABLE lease (
    name   text PRIMARY KEY,
    holder text NOT NULL,
    until  timestamptz NOT NULL
);
