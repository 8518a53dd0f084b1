-- Facts as each shop reads them, in a log of its own, and what of it is posted to which webhook.
-- merchant_id leads every key here: all of it belongs to one shop, and its order is that shop's.

CREATE TABLE merchant_log (
    merchant_id uuid PRIMARY KEY,
    position    bigint NOT NULL                 -- of the latest fact; who appends holds this row
);

CREATE TABLE merchant_fact (
    merchant_id uuid NOT NULL,
    position    bigint NOT NULL,                -- 1, 2, 3 ... without a gap
    fact_id     text NOT NULL,
    type        text NOT NULL,
    body        text NOT NULL,                  -- schemas.webhook.WebhookEvent
    appended_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, position),
    UNIQUE (merchant_id, fact_id)
);
CREATE INDEX merchant_fact_by_age ON merchant_fact (appended_at);

CREATE TABLE webhook (
    merchant_id     uuid NOT NULL,
    webhook_id      uuid NOT NULL,
    url             text NOT NULL,
    types           text[],                     -- of facts that are wanted; null: all
    secret          text NOT NULL,              -- sealed, like the next
    previous_secret text,                       -- signs beside the other until then
    previous_until  timestamptz,
    state           text NOT NULL,              -- enabled | disabled
    reason          text,                       -- gone | failing | shop | operator
    since           timestamptz NOT NULL,       -- in this state
    failures        integer NOT NULL DEFAULT 0, -- since the latest success
    failing_since   timestamptz,                -- the first of them
    paused_until    timestamptz,
    turn_at         timestamptz NOT NULL,       -- when something was last taken to be sent to it
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, webhook_id),
    CHECK ((state = 'disabled') = (reason IS NOT NULL)),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL))
) WITH (fillfactor = 70);

-- One row for each fact and webhook. Those of a webhook that is gone stay until they are old.
CREATE TABLE webhook_delivery (
    merchant_id uuid NOT NULL,
    webhook_id  uuid NOT NULL,
    delivery_id uuid NOT NULL,                  -- the receiver's webhook-id; by time of planning
    position    bigint,                         -- of the fact; null: a test
    fact_id     text,
    type        text NOT NULL,
    state       text NOT NULL,                  -- waiting | claimed | delivered | failed
    due_at      timestamptz NOT NULL,
    tries       integer NOT NULL DEFAULT 0,     -- counted when claimed
    tried_at    timestamptz,
    outcome     text,                           -- how the latest try ended
    status      integer,
    response_ms integer,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, webhook_id, delivery_id)
);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (merchant_id, webhook_id, due_at, position)
    WHERE state = 'waiting';
CREATE INDEX webhook_delivery_claimed ON webhook_delivery (merchant_id, webhook_id, tried_at)
    WHERE state = 'claimed';
CREATE INDEX webhook_delivery_by_age ON webhook_delivery (created_at);
