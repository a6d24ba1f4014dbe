"""Many stored events, made by the server itself: some days, ten thousand entities, five per cent threats.

Times grow with the rows, as they do when a stream is stored, and busy entities come more often than idle ones.
"""

from __future__ import annotations

import asyncio

import asyncpg

DAYS = 5
ENTITIES = 10_000
SEVERITIES = ("low", "medium", "high", "critical")
CLASSES = ("scan", "brute_force", "denial_of_service", "command_and_control", "exfiltration", "exploit")
THREATS_OF = 20  #: one event in so many
CONNECTIONS = 2

MAKE_DAYS = "SELECT ironcore_make_partitions(current_date - $1::int, current_date + 1)"
#: $1 rows of the day that was $2 days ago.
INSERT_EVENTS = """
INSERT INTO events
SELECT at,
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || left(md5(n || ' ' || $2::int), 20))::uuid,
       'flow', entity, 'office-1', 'C' || left(md5(n::text), 17), entity::inet, 1024 + n % 60000,
       ('192.0.2.' || n % 250 + 1)::inet, (ARRAY[443, 80, 53, 22, 445])[n % 5 + 1], 'tcp', NULL, NULL,
       'ssl', 'SF', 0.5, 900 + n % 1000, 40000, 12, 33, 1500, 41800, 'ShADadFf', NULL,
       0.2, CASE WHEN n % $3::int = 0 THEN ($4::text[])[n / $3::int % 6 + 1] ELSE 'benign' END,
       CASE WHEN n % $3::int = 0 THEN 75 ELSE 5 END, '1.0.0', at + interval '20 ms'
FROM (SELECT n, '10.' || e / 65536 || '.' || e / 256 % 256 || '.' || e % 256 AS entity,
             date_trunc('day', now(), 'UTC') - $2::int * interval '1 day' + n * (interval '1 day' / ($1::int + 1)) AS at
      FROM (SELECT n, floor($5::int * power(random(), 2))::int AS e
            FROM generate_series(1, $1::int) AS n) AS drawn) AS made
"""
#: The threats of the day that was $1 days ago, with documents of the usual length.
INSERT_THREATS = """
INSERT INTO threats (event_time, threat_id, entity, severity, threat_class, risk, anomaly, src_ip, dst_ip, dst_port,
                     sensor, model_version, scored_time, threat, event)
SELECT event_time, (left(event_id::text, 14) || '8' || right(event_id::text, 21))::uuid, entity,
       ($2::text[])[1 + (hashtext(event_id::text) & 3)], threat_class, risk, anomaly, src_ip, dst_ip, dst_port,
       sensor, model_version, scored_time,
       json_build_object('threat_id', event_id, 'entity', entity, 'risk', risk, 'contributions', repeat('x', 1000)),
       json_build_object('event_id', event_id, 'src_ip', src_ip, 'dst_ip', dst_ip, 'flow', repeat('x', 250))
FROM events WHERE threat_class <> 'benign'
 AND event_time >= date_trunc('day', now(), 'UTC') - $1::int * interval '1 day'
 AND event_time < date_trunc('day', now(), 'UTC') - ($1::int - 1) * interval '1 day'
"""
#: The counts of that day, which a worker would have written with its rows.
INSERT_COUNTS = """
INSERT INTO event_counts
SELECT date_trunc('hour', event_time, 'UTC'), threat_class, count(*), count(*) FILTER (WHERE threat_class <> 'benign')
FROM events
WHERE event_time >= date_trunc('day', now(), 'UTC') - $1::int * interval '1 day'
  AND event_time < date_trunc('day', now(), 'UTC') - ($1::int - 1) * interval '1 day'
GROUP BY 1, 2
"""


def entity_name(number: int) -> str:
    """Return the entity of a number, as `INSERT_EVENTS` names it."""
    return f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}"


async def store_events(dsn: str, events: int) -> None:
    """Fill the tables, some days at a time; then vacuum and analyse, as autovacuum would have by and by."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=CONNECTIONS, command_timeout=None) as pool:
        await pool.execute(MAKE_DAYS, DAYS)
        await asyncio.gather(*(_store_day(pool, day, events // DAYS) for day in range(DAYS)))
        for table in ("events", "threats", "event_counts"):
            await pool.execute(f"VACUUM (ANALYZE) {table}")


async def _store_day(pool: asyncpg.Pool, days_ago: int, events: int) -> None:
    await pool.execute(INSERT_EVENTS, events, days_ago, THREATS_OF, CLASSES, ENTITIES)
    await pool.execute(INSERT_THREATS, days_ago, SEVERITIES)
    await pool.execute(INSERT_COUNTS, days_ago)
