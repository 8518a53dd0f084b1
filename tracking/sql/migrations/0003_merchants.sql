-- Who may call, what they registered, and the links they handed out.

CREATE TABLE merchant (
    merchant_id uuid PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    help        text,                           -- https:, mailto: or tel:
    language    text,
    created_at  timestamptz NOT NULL
);

CREATE TABLE api_key (
    key_id       uuid PRIMARY KEY,
    hash         bytea NOT NULL UNIQUE,         -- SHA-256 of a key with over 112 random bits
    prefix       text NOT NULL,                 -- what a list may show
    role         text NOT NULL,                 -- merchant | courier | support
    name         text NOT NULL,
    carrier      text,                          -- a courier's or locker operator's own code
    merchant_id  uuid REFERENCES merchant,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    CHECK ((role = 'merchant') = (merchant_id IS NOT NULL))
);

CREATE TABLE registration (
    shipment_id        uuid PRIMARY KEY,
    merchant_id        uuid NOT NULL,
    order_ref          text,
    merchant_reference text,
    service            text,
    language           text,
    country            text,
    contact            text,                    -- sealed JSON: recipient and buyer
    promise_from       timestamptz,
    promise_by         timestamptz,
    value_cents        bigint,
    value_currency     text,
    notify             json NOT NULL,
    digest             bytea NOT NULL,          -- to tell the same registration from another one
    registered_at      timestamptz NOT NULL
);
CREATE INDEX registration_by_order ON registration (order_ref, merchant_id);

CREATE TABLE public_link (
    token_hash  bytea PRIMARY KEY,              -- keyed hash: a leaked table opens no page
    shipment_id uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE INDEX public_link_by_shipment ON public_link (shipment_id);

-- The second factor of a link: wrong answers, and until when to wait.
CREATE TABLE challenge (
    shipment_id  uuid PRIMARY KEY,
    wrong        integer NOT NULL,
    paused_until timestamptz
);

CREATE TABLE idempotency (
    merchant_id  uuid NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    status       integer,                       -- null while the first call is running
    body         text,                          -- sealed
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Secrets with which carriers sign what they post; sealed.
CREATE TABLE carrier_secret (
    carrier    text PRIMARY KEY,
    sealed     text NOT NULL,
    changed_at timestamptz NOT NULL
);
