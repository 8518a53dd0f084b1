-- name: list_merchants: every shop
SELECT name, help, language
FROM merchant
ORDER BY name;

-- name: change_merchant: null leaves as it is, empty takes away ($1 name, $2 help link, $3 language)
UPDATE merchant
SET help = nullif(coalesce($2, help), ''),
    language = nullif(coalesce($3, language), '')
WHERE name = $1
RETURNING name;
