-- Whether a link came by a message, and to which address: who reads it there may ask to hear more again.
-- Keyed hash of the link's token, the way and the address; null: it was given to the shop.

ALTER TABLE public_link ADD COLUMN sent_to bytea;
