-- What the reader of a message goes by (schemas.said.Said): to see when it holds no more.
-- NULL for who was written to by a release before: nobody is told anew for that.
ALTER TABLE notice ADD COLUMN said text;
