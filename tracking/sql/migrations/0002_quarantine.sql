-- What could not be applied, kept with its raw bytes (sealed: it may name people).

CREATE TABLE quarantine (
    quarantine_id uuid PRIMARY KEY,
    fingerprint   bytea NOT NULL UNIQUE,        -- the same bad input is one row with a count
    source        text NOT NULL,                -- routing key, or the carrier
    reason        text NOT NULL,                -- malformed | unknown_code | too_large | event_id_reused
    detail        text NOT NULL,                -- names the field, never its value
    carrier       text,
    code          text,                         -- for unknown_code
    sealed        bytea,                        -- the raw bytes; null above the size limit
    size          integer NOT NULL,
    count         integer NOT NULL DEFAULT 1,
    native        boolean NOT NULL DEFAULT false,
    tracking_number text,                       -- given beside a payload that does not name it
    first_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    resolved_at   timestamptz
);
CREATE INDEX quarantine_open ON quarantine (last_at) WHERE resolved_at IS NULL;

-- What the operator says a carrier's code means, beside the tables of the release.
CREATE TABLE code_map (
    carrier   text NOT NULL,
    code      text NOT NULL,
    status    text,                             -- null: informational
    reason    text,
    handover  text,
    retracts  boolean NOT NULL DEFAULT false,   -- it takes back the latest delivery
    mapped_at timestamptz NOT NULL,
    PRIMARY KEY (carrier, code)
);

-- Messages whose handling failed again and again.
CREATE TABLE parked_message (
    parked_id   uuid PRIMARY KEY,
    queue       text NOT NULL,
    exchange    text NOT NULL,
    routing_key text NOT NULL,
    headers     json NOT NULL,
    sealed      bytea NOT NULL,
    error       text NOT NULL,
    tries       integer NOT NULL,
    parked_at   timestamptz NOT NULL,
    replayed_at timestamptz
);
CREATE INDEX parked_open ON parked_message (parked_at) WHERE replayed_at IS NULL;
