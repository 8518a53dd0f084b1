-- What the reader of a message goes by (schemas.said.Said): to see when it holds no more.
-- NULL for who was written to by a release before: nobody is told anew for that.
ALTER TABLE notice ADD COLUMN said text;

-- Who asks to hear more or less by a mail's link is looked at again, with all parcels it was told of.
CREATE INDEX notice_mailed_to ON notice (address_hash)
WHERE channel = 'email' AND address_hash IS NOT NULL;
