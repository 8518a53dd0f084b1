-- name: list_merchants: every shop
SELECT name, help, language
FROM merchant
ORDER BY name;

-- name: list_shops: shops by name ($1 ids or null for all, $2 at the most)
SELECT merchant_id, name FROM merchant
WHERE $1::uuid[] IS NULL OR merchant_id = ANY($1)
ORDER BY name LIMIT $2;

-- name: merchant_named: the id of a shop ($1 name)
SELECT merchant_id FROM merchant WHERE name = $1;

-- name: shop: what a shop and its operator set ($1 id)
SELECT merchant_id, name, help, language, settings::text AS settings, terms::text AS terms
FROM merchant WHERE merchant_id = $1;

-- name: shop_for_update: the same, locked ($1 id)
SELECT merchant_id, name, help, language, settings::text AS settings, terms::text AS terms
FROM merchant WHERE merchant_id = $1
FOR NO KEY UPDATE;

-- name: save_shop: what a shop and its operator set from now on ($1 id, $2 help link, $3 language, $4 settings, $5 terms)
UPDATE merchant SET help = $2, language = $3, settings = $4, terms = $5 WHERE merchant_id = $1;

-- name: link_sites: the hosts that shops have for their links
SELECT DISTINCT terms->>'links' FROM merchant WHERE terms->>'links' IS NOT NULL;
