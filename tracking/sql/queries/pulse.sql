-- name: note_heard: so many events of carriers came in these quarters of an hour ($1 carriers, $2 slots, $3 events, $4 first, $5 last)
INSERT INTO carrier_heard AS known (carrier, slot, events, longest_gap, last_at)
SELECT n.carrier, n.slot, n.events,
       coalesce(greatest(0, extract(epoch FROM
           n.first_at - coalesce(n.just_before, before.last_at))), 0), n.last_at
FROM (
    SELECT *, lag(last_at) OVER (PARTITION BY carrier ORDER BY slot) AS just_before
    FROM unnest($1::text[], $2::timestamptz[], $3::integer[], $4::timestamptz[], $5::timestamptz[])
         AS told (carrier, slot, events, first_at, last_at)
) AS n
LEFT JOIN LATERAL (
    SELECT last_at FROM carrier_heard AS h
    WHERE h.carrier = n.carrier AND h.slot <= n.slot ORDER BY h.slot DESC LIMIT 1
) AS before ON true
ON CONFLICT (carrier, slot) DO UPDATE
SET events = known.events + EXCLUDED.events,
    longest_gap = greatest(known.longest_gap, EXCLUDED.longest_gap),
    last_at = greatest(known.last_at, EXCLUDED.last_at);

-- name: heard_around: of each carrier what was heard in these hours of these weekdays, and when it was heard last ($1 since, $2 places of hours in the week, from 0, UTC)
SELECT h.carrier, h.slot, h.events, h.longest_gap, last.last_at
FROM carrier_heard AS h
JOIN (SELECT carrier, max(last_at) AS last_at FROM carrier_heard WHERE slot >= $1 GROUP BY carrier)
    AS last USING (carrier)
WHERE h.slot >= $1
  AND ((extract(isodow FROM h.slot AT TIME ZONE 'UTC')::integer - 1) * 24
       + extract(hour FROM h.slot AT TIME ZONE 'UTC')::integer) = ANY($2::integer[]);

-- name: prune_heard: what is too old to be usual ($1 before)
DELETE FROM carrier_heard WHERE slot < $1;
