# The log's days: made ahead, dropped whole when they have been kept long enough, and never in the way of who writes or reads.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 0']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(q{
    SET timezone = 'UTC';
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
    ALTER DATABASE app SET timezone = 'Pacific/Auckland';
    CREATE FUNCTION public.tell(at timestamptz) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO timevmaps.events (era, world_id, timeline_id, type, subject, attempt, at) VALUES (1, 1, 1, 'x', 1, 1, $1) $$;
    CREATE FUNCTION public.days() RETURNS TABLE (day text) LANGUAGE sql AS
    $$ SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'timevmaps.events'::regclass ORDER BY 1 $$});
sub days { return q1("SELECT count(*) FROM public.days() WHERE day ~ '^timevmaps.events_\\d{8}\$'") }
sub upkeep { return q1("SELECT * FROM timevmaps_internal.tv_event_upkeep($_[0])") }
sub name { return q1("SELECT 'events_' || to_char((now() AT TIME ZONE 'UTC')::date + $_[0], 'YYYYMMDD')") }
sub where { return q1("SELECT string_agg(DISTINCT tableoid::regclass::text, ',') FROM timevmaps.events WHERE type = 'x' AND at = ($_[0])") }

# ---------------------------------------------------------------- ahead
is(days(), 8, 'tv_init() makes today and the next seven');
is(q1("SELECT string_agg(day, ' ') FROM public.days() WHERE day IN ('timevmaps.events_default', 'timevmaps.@{[name(0)]}', 'timevmaps.@{[name(7)]}')"),
	"timevmaps.@{[name(0)]} timevmaps.@{[name(7)]} timevmaps.events_default", '... in UTC, and a default');
is(upkeep('NULL'), '0|0|0', 'and there is nothing to do');
q1("DROP TABLE timevmaps.@{[name(7)]}");
is(upkeep('NULL'), '1|0|0', 'a day that is missing is made');
is(q1("SELECT bool_and(relrowsecurity AND relowner = 'tv_owner'::regrole) FROM pg_class WHERE oid IN (SELECT day::regclass FROM public.days())"), 't', 'each is tv_owner\'s, with row-level security');
q1("DROP TABLE timevmaps.@{[name(6)]}");
is(q1('CALL timevmaps.tv_work(1)') . days(), 8, 'tv_work() makes it, too');
q1("DROP TABLE timevmaps.@{[name(5)]}");
is(q1('SELECT count(*) FROM timevmaps.tv_init()') . days(), '08', 'and tv_init(), which has nothing else to do');

# ---------------------------------------------------------------- what no partition is for
q1("SELECT public.tell(now() + interval '30 days'); SELECT public.tell(now() - interval '30 days'); SELECT public.tell('infinity')");
is(q1("SELECT count(*) FROM timevmaps.events_default"), 3, 'whatever the time, an insert finds a place');
q1("DROP TABLE timevmaps.@{[name(4)]}");
q1("SELECT public.tell((now() AT TIME ZONE 'UTC')::date::timestamp AT TIME ZONE 'UTC' + interval '4 days')");
is(upkeep('NULL'), '0|0|0', 'a day whose rows are in the default partition stays there');
is(q1("SELECT count(*) FROM timevmaps.events_default"), 4, '... with its rows');
q1("DELETE FROM timevmaps.events_default WHERE at BETWEEN now() AND now() + interval '7 days'");
is(upkeep('NULL'), '1|0|0', 'when they are gone it is made');

# ---------------------------------------------------------------- kept and dropped
q1("CREATE TABLE timevmaps.$_ (LIKE timevmaps.events INCLUDING ALL EXCLUDING IDENTITY); ALTER TABLE timevmaps.$_ OWNER TO tv_owner; ALTER TABLE timevmaps.$_ ENABLE ROW LEVEL SECURITY;
	ALTER TABLE timevmaps.events ATTACH PARTITION timevmaps.$_ FOR VALUES FROM ('" . s/events_//r . " 00:00+00') TO ('" . q1("SELECT to_char('" . s/events_//r . "'::date + 1, 'YYYY-MM-DD')") . " 00:00+00')")
	for name(-3), name(-2), name(-1);
q1("SELECT public.tell(now() - interval '3 days'), public.tell(now() - interval '2 days')");
is(upkeep("now() - interval '3 days'"), '0|0|1', 'a day that has not ended for so long is kept; of the default partition a row goes');
my $reader = TvSession->new($cluster, 'app', 'reader');
$reader->query('BEGIN; SELECT count(*) FROM timevmaps.events');
my $writer = TvSession->new($cluster, 'app', 'writer');
is(upkeep("now() - interval '1 day'"), '0|0|0', 'who reads keeps them');
$writer->query('BEGIN; SELECT public.tell(now())');
$reader->query('COMMIT');
is(upkeep("now() - interval '1 day'"), '0|0|0', 'and who writes');
$writer->query('COMMIT');
is(upkeep("now() - interval '1 day'"), '0|2|0', 'after them whole days are dropped');
is(q1("SELECT count(*) FROM timevmaps.events WHERE at < now() - interval '1 day'"), 0, '... and their rows');
is(upkeep('NULL'), '0|0|0', 'null drops nothing');
my $other = TvSession->new($cluster, 'app', 'other');
$other->query('BEGIN; SELECT timevmaps_internal.tv_event_upkeep(NULL)');
is(upkeep("'infinity'"), '0|0|0', 'there is one at a time');
$other->query('ROLLBACK');

# ---------------------------------------------------------------- a cursor from before
my $cursor = q1('SELECT cursor FROM timevmaps.tv_events_since(1)');
like($cursor, qr/^v1\./, 'a cursor of today');
is($cluster->sqlstate('app', "SELECT * FROM timevmaps.tv_events_since(1, '$cursor')"), '', '... can be gone on from');
q1("DROP TABLE timevmaps.@{[name(-1)]}, timevmaps.@{[name(0)]}");
is($cluster->sqlstate('app', "SELECT * FROM timevmaps.tv_events_since(1, '$cursor')"), 'PT410', '... until its day is dropped');

# ---------------------------------------------------------------- a worker
q1("ALTER SYSTEM SET timevmaps.event_retention = '1s'");
$cluster->reload;
upkeep('NULL');
q1("CREATE TABLE timevmaps.$_ (LIKE timevmaps.events INCLUDING ALL EXCLUDING IDENTITY); ALTER TABLE timevmaps.$_ OWNER TO tv_owner; ALTER TABLE timevmaps.events ATTACH PARTITION timevmaps.$_ FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-01-02 00:00+00')") for 'events_20260101';
q1('CALL timevmaps.tv_work(0)');
is(q1("SELECT to_regclass('timevmaps.events_20260101') IS NULL"), 't', 'timevmaps.event_retention is what is kept');
q1("ALTER SYSTEM SET timevmaps.event_retention = 0");
$cluster->reload;
q1("CREATE TABLE timevmaps.$_ (LIKE timevmaps.events INCLUDING ALL EXCLUDING IDENTITY); ALTER TABLE timevmaps.$_ OWNER TO tv_owner; ALTER TABLE timevmaps.events ATTACH PARTITION timevmaps.$_ FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-01-02 00:00+00')") for 'events_20260101';
q1('CALL timevmaps.tv_work(0)');
is(q1("SELECT to_regclass('timevmaps.events_20260101') IS NULL"), 'f', '0 keeps all');
done_testing();
