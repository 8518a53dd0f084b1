-- One more migration is applied, or one anew ($1 number, $2 name, $3 checksum).
INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)
ON CONFLICT (number) DO NOTHING;
