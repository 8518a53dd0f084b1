-- What is paid for late and lost parcels. Whoever changes rows here holds the row of the shipment.

CREATE TABLE compensation (
    shipment_id     uuid NOT NULL,
    tier            integer NOT NULL,           -- of the policy, from 0; by hand, from 1000
    compensation_id uuid NOT NULL,              -- derived from the two
    merchant_id     uuid NOT NULL,
    policy_version  integer NOT NULL,
    policy          text NOT NULL,              -- its name
    rule            text NOT NULL,              -- the tier in words
    kind            text NOT NULL,              -- code | refund | points | apology
    borne_by        text NOT NULL,              -- shop | carrier
    currency        text NOT NULL,
    cents           bigint NOT NULL,
    used            bigint NOT NULL,            -- of it, what cannot be taken back
    in_hand         bigint NOT NULL DEFAULT 0,  -- of that, what the shop's endpoint is asked to do
    state           text NOT NULL,              -- schemas.compensation.CompensationState
    reason          text,
    evidence        json NOT NULL,              -- schemas.compensation.Evidence
    due_at          timestamptz,                -- when the shop's endpoint is asked (again)
    tries           integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, tier),
    barred          bigint NOT NULL DEFAULT 0,  -- owed by this tier, and not granted
    CHECK (0 <= in_hand AND in_hand <= used AND used <= cents)
);
CREATE INDEX compensation_due ON compensation (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX compensation_open ON compensation (created_at)
    WHERE state IN ('proposed', 'approved', 'failed');

-- Every move, never changed: who or what moved which, when and why.
CREATE TABLE compensation_move (
    shipment_id uuid NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    tier        integer NOT NULL,
    at          timestamptz NOT NULL,
    state       text NOT NULL,
    cents       bigint NOT NULL,
    by          text NOT NULL,                  -- policy | shop | operator | endpoint | support
    why         text,
    merchant_id uuid NOT NULL,
    currency    text NOT NULL,
    shopper     bytea,                          -- keyed hash of an address: for the cap of a month
    granted     bigint NOT NULL,                -- so much more (or less) by this move
    committed   bigint NOT NULL,                -- the same, with what waits for a yes
    PRIMARY KEY (shipment_id, id)
);
CREATE INDEX compensation_move_of_shop ON compensation_move (merchant_id, at)
    WHERE granted <> 0 OR committed <> 0;
CREATE INDEX compensation_move_of_shopper ON compensation_move (shopper, at)
    WHERE shopper IS NOT NULL;

-- One code for a parcel; it is worth what its compensations of that kind grant.
CREATE TABLE bonus (
    shipment_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    code_hash   bytea NOT NULL,                 -- keyed hash: a leaked table pays for nothing
    code        text NOT NULL,                  -- sealed
    currency    text NOT NULL,
    valid_until timestamptz NOT NULL,
    tell        boolean NOT NULL,               -- the shopper, should it turn out not to be owed
    created_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX bonus_by_code ON bonus (code_hash);

-- What codes are worth.
CREATE VIEW bonus_standing AS
SELECT b.shipment_id, b.code, b.currency, b.valid_until, b.tell, sum(k.cents)::bigint AS granted,
       sum(k.cents - k.used)::bigint AS remaining, max(c.changed_at) AS at,
       bool_and(c.state = 'refused' OR coalesce(c.reason = 'not_owed', false)) AS is_withdrawn,
       bool_or(c.rule <> 'by_hand' AND k.cents > 0) AS for_delay  -- else somebody was kind
FROM bonus AS b
JOIN compensation AS c USING (shipment_id)
CROSS JOIN LATERAL (
    SELECT CASE c.state WHEN 'refused' THEN 0 ELSE c.cents END,
           CASE c.state WHEN 'refused' THEN 0 ELSE c.used END
) AS k (cents, used)
WHERE c.kind = 'code' AND c.state IN ('issued', 'redeemed', 'revoked', 'refused')
GROUP BY b.shipment_id;

CREATE TABLE bonus_redemption (
    shipment_id   uuid NOT NULL,
    redemption_id uuid NOT NULL,
    cents         bigint NOT NULL,
    order_ref     text NOT NULL,
    at            timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, redemption_id)
);

-- By what a shop's endpoint knows that it is we who ask; sealed.
CREATE TABLE payout_secret (
    merchant_id uuid PRIMARY KEY REFERENCES merchant,
    secret      text NOT NULL,
    changed_at  timestamptz NOT NULL
);
