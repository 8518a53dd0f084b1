-- Browsers that asked to be told about a parcel. One that is gone, or does not want it any more, is
-- deleted. It was made with a link, and is worth as much as that: revoked, nothing is sent any more.

CREATE TABLE push_subscription (
    shipment_id     uuid NOT NULL,
    subscription_id bytea NOT NULL,             -- SHA-256 of the endpoint
    token_hash      bytea NOT NULL,             -- of the link, as in public_link
    language        text NOT NULL,              -- of the page
    sealed          text NOT NULL,              -- sealed JSON: endpoint, its keys, the page
    created_at      timestamptz NOT NULL,       -- when it was asked for last
    PRIMARY KEY (shipment_id, subscription_id)
);
CREATE INDEX push_subscription_by_age ON push_subscription (created_at);
