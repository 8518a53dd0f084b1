-- What shops set for themselves and operators for them, and who asked to hear less or nothing.

ALTER TABLE merchant
    ADD COLUMN settings json,                   -- schemas.shop.ShopSettings without help and language
    ADD COLUMN terms    json;                   -- schemas.shop.ShopTerms

-- Not of a parcel: it outlives parcels and holds for the next. The address is a keyed hash.
CREATE TABLE suppression (
    address_hash bytea NOT NULL,
    channel      text NOT NULL,                 -- sms | email | push
    merchant_id  uuid NOT NULL,                 -- all zeros: whoever writes
    reason       text NOT NULL,                 -- asked | stop | bad_address | complaint
    level        text NOT NULL,                 -- all | unimportant: what is not said any more
    since        timestamptz NOT NULL,
    PRIMARY KEY (address_hash, channel, merchant_id, reason)
);

-- What is old enough to be deleted is found by its age.
CREATE INDEX notice_by_age ON notice (changed_at);
CREATE INDEX notice_with_text ON notice (changed_at) WHERE content IS NOT NULL;
CREATE INDEX public_link_by_age ON public_link (created_at);
