-- name: all_tables: every table with its columns in their order
SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
GROUP BY c.relname ORDER BY c.relname;

-- name: unhurried: until the end of the transaction a statement may take as long as it takes
SELECT set_config('statement_timeout', '0', true);
