-- How parcels fared, and what is expected of those on their way.

ALTER TABLE registration ADD COLUMN region text;  -- of delivery: country and two signs of the postcode

-- One row for each registered parcel that has arrived, ended, or is late: what estimates are learned
-- from, and what carriers are measured by. No person is named.
CREATE TABLE outcome (
    shipment_id         uuid PRIMARY KEY,
    merchant_id         uuid NOT NULL,
    carrier             text NOT NULL,
    tracking_number     text NOT NULL,
    order_ref           text,
    service             text,
    country             text NOT NULL,
    region              text,
    zone                text NOT NULL,          -- of the place of delivery
    status              text NOT NULL,
    reason              text,
    promised_by         timestamptz,            -- what it is late against
    slip                text,
    info_received_at    timestamptz,
    accepted_at         timestamptz,
    in_transit_at       timestamptz,
    out_for_delivery_at timestamptz,
    arrived_at          timestamptz,            -- handed over, or ready to be collected
    collected_at        timestamptz,            -- of what could be collected
    attempts            integer NOT NULL,
    is_lost             boolean NOT NULL,
    was_silent          boolean NOT NULL,       -- nothing was heard for too long, at least once
    stopped_at          timestamptz,            -- from when on it was the shopper's doing
    estimate_by         timestamptz,            -- what the carrier said last
    eta_p50             timestamptz,            -- what we said last
    eta_p90             timestamptz,
    noted_at            timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX outcome_of_carrier ON outcome (carrier, arrived_at);
CREATE INDEX outcome_of_shop ON outcome (merchant_id, noted_at);
CREATE INDEX outcome_due ON outcome (carrier, coalesce(promised_by, in_transit_at, accepted_at));

-- How long it took from each stage on, counted; made anew from the outcomes of the last months.
CREATE TABLE transit_histogram (
    level       integer NOT NULL,               -- how narrow: tracking.domain.eta reads from 1 on
    stage       text NOT NULL,
    carrier     text NOT NULL,
    country     text,
    service     text,
    merchant_id uuid,
    region      text,
    weekday     integer,                        -- 1 is Monday
    bins        integer[] NOT NULL,             -- places in tracking.domain.eta.EDGES
    counts      integer[] NOT NULL
);
CREATE TABLE transit_histogram_made (
    id      integer PRIMARY KEY CHECK (id = 1),
    made_at timestamptz NOT NULL
);
INSERT INTO transit_histogram_made VALUES (1, '-infinity');

-- The window in which a parcel is expected, as it is shown, and from how many it is known.
CREATE TABLE eta (
    shipment_id uuid PRIMARY KEY,
    starts      timestamptz NOT NULL,
    ends        timestamptz NOT NULL,
    p50         timestamptz NOT NULL,
    p90         timestamptz NOT NULL,
    samples     integer NOT NULL,
    made_at     timestamptz NOT NULL
) WITH (fillfactor = 80);
