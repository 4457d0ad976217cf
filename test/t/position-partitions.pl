# The days of positions: made ahead and on demand, dropped whole when they have been kept long enough, never in the way of who reads or writes; and what a restore,
# clocks that are set back and a crash make of them.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 0']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
    INSERT INTO timevmaps.vehicles (world_id, name) VALUES (1, 'bus'), (1, 'tram');
    ALTER DATABASE app SET timezone = 'Pacific/Auckland';
    CREATE FUNCTION public.report(at timestamptz, n integer DEFAULT 1) RETURNS bigint LANGUAGE sql AS
    $$ SELECT i.inserted FROM timevmaps.tv_ingest(1, 1, (SELECT jsonb_agg(jsonb_build_object('vehicle_id', 1, 't', extract(epoch FROM $1) + g, 'lon', 1, 'lat', 1)) FROM generate_series(0, n - 1) g)) i $$;
    CREATE FUNCTION public.days() RETURNS TABLE (day text) LANGUAGE sql AS
    $$ SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'timevmaps.positions'::regclass ORDER BY 1 $$});
sub days { return q1("SELECT count(*) FROM public.days() WHERE day ~ '^timevmaps.positions_\\d{8}\$'") }
sub upkeep { return q1("SELECT * FROM timevmaps_internal.tv_position_upkeep($_[0])") }
sub name { return q1("SELECT 'positions_' || to_char((now() AT TIME ZONE 'UTC')::date + $_[0], 'YYYYMMDD')") }
sub count_in { return q1("SELECT count(*) FROM timevmaps.$_[0]") }

# ---------------------------------------------------------------- ahead
is(days(), 9, 'tv_init() makes yesterday, today and the next seven');
is(upkeep('NULL'), '0|0|0', 'and there is nothing to do');
q1("DROP TABLE timevmaps.@{[name(3)]}");
is(upkeep('NULL'), '1|0|0', 'a day that is missing is made');
is(q1("SELECT bool_and(relrowsecurity AND relowner = 'tv_owner'::regrole AND relacl IS NULL) FROM pg_class WHERE oid IN (SELECT day::regclass FROM public.days())"), 't', 'each is tv_owner\'s, with row-level security, and nobody\'s besides');
q1("DROP TABLE timevmaps.@{[name(4)]}");
is(q1('CALL timevmaps.tv_work(1)') . days(), 9, 'tv_work() makes it, too');
q1("DROP TABLE timevmaps.@{[name(5)]}");
is(q1('SELECT count(*) FROM timevmaps.tv_init()') . days(), '09', 'and tv_init(), which has nothing else to do');
for my $role (qw(tv_player tv_analyst tv_admin))
{
	is($cluster->sqlstate('app', "SET ROLE $role; SELECT count(*) FROM timevmaps." . name(0)), '42501', "$role reads no partition by its name");
	is($cluster->sqlstate('app', "SET ROLE $role; INSERT INTO timevmaps.@{[name(0)]} (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, 1, now(), 1, 1)"), '42501', '... nor writes to one');
}

# ---------------------------------------------------------------- what no partition is for
is(q1("SELECT public.report(now() - interval '30 days', 10)"), 10, 'an old fix finds a place');
is(count_in('positions_default'), 10, '... in the default partition');
q1("DROP TABLE timevmaps.@{[name(1)]}");
q1("SELECT public.report(now() + interval '23 hours 59 minutes', 5), public.report((now() AT TIME ZONE 'UTC')::date::timestamp AT TIME ZONE 'UTC' + interval '1 day', 5)");
cmp_ok(count_in('positions_default'), '>', 10, 'and so does what a missing day is of');
is(upkeep('NULL'), '1|0|0', 'a day is made with what the default partition has of it');
is(count_in('positions_default'), 10, '... which has it no more');
cmp_ok(count_in(name(1)), '>=', 5, '... and the day has');
is(q1('SELECT moved, more FROM timevmaps.tv_partition_positions()'), '10|f', 'tv_partition_positions() moves what is old');
is(count_in(name(-30)), 10, '... into its day');
is(q1('SELECT day, moved, more FROM timevmaps.tv_partition_positions()'), '|0|f', 'and then there is nothing to move');
is(q1("SELECT public.report('1850-01-01')") . q1('SELECT moved FROM timevmaps.tv_partition_positions()'), '10', 'what is older than 1900 stays where it is');

# A default partition that fills up is emptied, a day at a time.
q1("SELECT public.report(now() - interval '$_ days', 5000)") for 61, 62;
q1("SELECT public.report(now() - interval '100 days', 10)");
cmp_ok(q1("SELECT pg_relation_size('timevmaps.positions_default')"), '>', 1048576, 'the default partition grows');
is(join(' ', map { upkeep('NULL') } 1 .. 4), '1|0|0 1|0|0 0|0|0 0|0|0', 'each time a day of it gets its own');
is(count_in('positions_default'), 11, '... but not what is little');
q1("DELETE FROM timevmaps.positions WHERE t < now() - interval '50 days' AND t > '1900-01-01'");

# ---------------------------------------------------------------- kept and dropped
q1("SELECT public.report(now() - interval '$_ days') FROM generate_series(1, 1)") for 20, 21;
q1('SELECT timevmaps.tv_partition_positions()') for 1 .. 2;
my $reader = TvSession->new($cluster, 'app', 'reader');
$reader->query('BEGIN; SELECT count(*) FROM timevmaps.positions');
is(upkeep("now() - interval '10 days'"), '0|0|1', 'who reads keeps the days; of the default partition a row goes');
is($reader->query("SELECT count(*) FROM timevmaps.@{[name(-30)]}"), '10', '... and reads them');
ok(q1("SELECT public.report(now(), 1)"), 'who reports does not wait for that');
# Rows that somebody has locked stay, and keep no others.
q1("SELECT public.report(now() - interval '$_ days')") for 31, 32;
$reader->query("SELECT FROM timevmaps.positions WHERE t < now() - interval '31 days 12 hours' AND t > '1900-01-01' FOR UPDATE");
is(upkeep("now() - interval '10 days'"), '0|0|1', 'who locks rows keeps these alone');
q1("INSERT INTO timevmaps.position_removals (timeline_id, world_id, vehicle_id, ended) VALUES (NULL, 1, 1, '3'), (1000000, NULL, NULL, '3')");
is(upkeep('NULL') =~ /^0\|0\|[1-9]/ ? 1 : 0, 1, '... also where a vehicle was deleted');
is(q1('SELECT string_agg(vehicle_id::text, \' \') FROM timevmaps.position_removals'), '1', '... which is looked at again');
$reader->query('COMMIT');
q1('SELECT timevmaps_internal.tv_position_upkeep(NULL)');
is(q1('SELECT count(*) FROM timevmaps.position_removals'), 0, '... until nothing is left of it');
is(upkeep("now() - interval '10 days'"), '0|5|0', 'whole days are dropped, once nobody reads them');
is(q1("SELECT count(*) FROM public.days() WHERE day < 'timevmaps.@{[name(-10)]}'"), '0', '... those that ended before');
q1("SELECT public.report(now() - interval '15 days')");
q1('SELECT timevmaps.tv_partition_positions()');
q1("ALTER SYSTEM SET timevmaps.position_retention = '10d'");
q1('SELECT pg_reload_conf()');
ok($cluster->poll('app', "SELECT current_setting('timevmaps.position_retention') = '10d'"), 'a setting');
q1('CALL timevmaps.tv_work(1)');
is(q1("SELECT to_regclass('timevmaps.@{[name(-15)]}') IS NULL"), 't', 'timevmaps.position_retention is what is kept');
my (undef, undef, $told) = $cluster->client('psql', '-X', '-d', 'app', '-c', 'BEGIN', '-c', "CREATE TABLE old AS SELECT 2 AS vehicle_id, now() - n * interval '1 day' AS t, 1 AS lon, 1 AS lat FROM generate_series(1, 30) n",
	'-c', "CALL timevmaps.tv_load_positions('old', 1, 1)", '-c', 'ROLLBACK');
like($told, qr/load: 20 rows are older than timevmaps\.position_retention keeps/, 'who loads what it drops is told');
q1('ALTER SYSTEM RESET timevmaps.position_retention');
q1('SELECT pg_reload_conf()');

# ---------------------------------------------------------------- what is held
# Who holds a row of the default partition, or hangs something on a day, keeps that, and nothing else from being done.
q1("SELECT public.report(now() - interval '$_ days')") for 30, 31, 32;
q1('SELECT timevmaps.tv_partition_positions()');
q1("CREATE VIEW public.of_a_day AS SELECT * FROM timevmaps.@{[name(-32)]}");
q1("DROP TABLE timevmaps.@{[name(3)]}");
my $holder = TvSession->new($cluster, 'app', 'holder');
$holder->query("BEGIN; UPDATE timevmaps.positions SET lon = 2 WHERE t > now() - interval '31 days 1 hour' AND t < now() - interval '30 days 12 hours'");
is(upkeep("now() - interval '10 days'"), '0|0|1', 'a row that somebody holds is left, and the next one goes');
$holder->query('ROLLBACK');
is(upkeep("now() - interval '10 days'"), '1|0|1', '... until nobody does, and the missing day is made');
is(q1("SELECT count(*) FROM public.of_a_day"), 1, 'a day on which a view depends is kept');
q1('DROP VIEW public.of_a_day');
is(upkeep("now() - interval '10 days'"), '0|1|0', '... as long as it does');

# ---------------------------------------------------------------- clocks set back
# Fixes that were ahead of the clock that has been set back stay; what it says is recorded; what is too far ahead of it is refused.
is(q1("SELECT inserted FROM timevmaps.tv_ingest(1, 1, jsonb_build_array(jsonb_build_object('vehicle_id', 2, 't', extract(epoch FROM now() + interval '20 hours'), 'lon', 1, 'lat', 1)))"), 1, 'a device whose clock is ahead');
is(q1("SELECT inserted, jsonb_array_length(refused) FROM timevmaps.tv_ingest(1, 1, jsonb_build_array(jsonb_build_object('vehicle_id', 2, 't', extract(epoch FROM now()), 'lon', 2, 'lat', 1),
	jsonb_build_object('vehicle_id', 2, 't', extract(epoch FROM now() + interval '30 days'), 'lon', 3, 'lat', 1)))"), '1|1', 'is set right, and once more wrong by a month');
is(q1("SELECT lon FROM timevmaps.tv_live_positions(1, 1) WHERE vehicle_id = 2"), 2, '... and is where it is now');

# ---------------------------------------------------------------- dump and restore
q1("SELECT public.report(now() - interval '40 days', 100), public.report(now(), 50)");
q1('SELECT timevmaps.tv_partition_positions()');
my $sum = 'SELECT count(*), md5(string_agg(p::text, chr(10) ORDER BY timeline_id, vehicle_id, t)) FROM timevmaps.positions p';
my $digest = q1("SET timezone = 'UTC'; $sum");
my $dump = TvCluster::temporary();
chmod 0666, "$dump";
my ($status, undef, $err) = $cluster->client('pg_dump', '-Fc', '-f', "$dump", 'app');
is($status, 0, 'pg_dump') or diag($err);
$cluster->query('postgres', "CREATE DATABASE $_") for qw(whole apart);
($status, undef, $err) = $cluster->client('pg_restore', '-j', '2', '--exit-on-error', '-d', 'whole', "$dump");
is($status, 0, 'pg_restore -j 2') or diag($err);
is($cluster->query('whole', "SET timezone = 'UTC'; $sum"), $digest, 'brings every fix');
is($cluster->query('whole', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... and there is nothing to make');
is($cluster->query('whole', "SELECT inserted, duplicates FROM timevmaps.tv_ingest(1, 1, (SELECT jsonb_agg(jsonb_build_object('vehicle_id', vehicle_id, 't', extract(epoch FROM t), 'lon', lon, 'lat', lat)) FROM timevmaps.positions WHERE t < now() - interval '30 days'))"), '0|100', '... and what comes again is known');
($status, undef, $err) = $cluster->client('pg_restore', '--schema-only', '-d', 'apart', "$dump");
# The days first, which no key keeps from it; then what they are of, or the other way round.
my @days = map { ('-t', $_) } map { s/timevmaps\.//r } split /\n/, q1('SELECT day FROM public.days()');
my @other = map { ('-t', $_) } qw(worlds timelines vehicles);
for my $order ([ \@days, [ @other, '--disable-triggers' ] ], [ [ @other, '--disable-triggers' ], \@days ])
{
	for my $some (@$order)
	{
		($status, undef, $err) = $cluster->client('pg_restore', '--data-only', '-d', 'apart', @$some, "$dump");
		is($status, 0, "data only: $some->[1] and so on") or diag($err);
	}
	is($cluster->query('apart', "SET timezone = 'UTC'; $sum"), $digest, '... brings every fix');
	$cluster->query('apart', 'TRUNCATE timevmaps.positions; TRUNCATE timevmaps.vehicles, timevmaps.timelines, timevmaps.worlds CASCADE');
}
done_testing();
