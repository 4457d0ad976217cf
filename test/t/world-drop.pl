# tv_drop_world(): nothing of a world is left and nothing else is gone, by whom it may be done, in pieces that
# another call goes on after.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }

# World $w and what hangs on it; its neighbour hangs gateways, saved routes and experiments on it, too.
sub fill
{
	my ($w) = @_;
	q1(qq{
		INSERT INTO timevmaps.worlds (id, name, rules, owner, visibility) VALUES ($w, 'world $w', '{"clock": "local"}', 'olga', 'private');
		INSERT INTO timevmaps.world_members (world_id, member, access) VALUES ($w, 'eddy', 'analyst'), ($w, 'rita', 'player');
		INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES ($w * 10, $w, 'main', NULL), ($w * 10 + 1, $w, 'a', $w * 10), ($w * 10 + 2, $w, 'b', $w * 10 + 1);
		INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT $w * 1000 + n, $w, n % 20 * 0.01, n / 20 * 0.01 FROM generate_series(0, 399) n;
		INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id)
		SELECT $w * 1000 + n, $w, $w * 1000 + n, $w * 1000 + n + 1, 100 + n, 36, CASE WHEN n % 50 = 0 THEN $w * 10 + 1 END FROM generate_series(0, 398) n;
		INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT $w * 10 + 1, id, 20 FROM timevmaps.segments WHERE world_id = $w AND id % 3 = 0;
		INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule) SELECT CASE WHEN n % 2 = 0 THEN $w * 10 + 1 END, $w * 1000 + n, $w * 1000 + n + 1, $w * 1000 + n + 1, 'no' FROM generate_series(0, 39) n;
		INSERT INTO timevmaps.vehicle_profiles (world_id, name, timeline_id) SELECT $w, 'p' || n, CASE WHEN n % 2 = 0 THEN $w * 10 + 1 END FROM generate_series(1, 5) n;
		INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) VALUES ($w, $w, 'rush', array_fill(0.5::float, '{168}'));
		INSERT INTO timevmaps.segment_profiles (timeline_id, segment_id, profile_id) SELECT NULL, id, $w FROM timevmaps.segments WHERE world_id = $w AND id % 5 = 0;
		INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT $w * 100 + n, $w, 'v' || n FROM generate_series(0, 9) n;
		INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) SELECT $w, $w * 10, $w * 100 + abs(n) % 10, now() - n * interval '7 hours', 1, 1 FROM generate_series(1, 36) n;
		INSERT INTO timevmaps.zone_told (timeline_id, vehicle_id, world_id, told_until) SELECT $w * 10, $w * 100 + n, $w, now() FROM generate_series(0, 9) n;
		INSERT INTO timevmaps.layers (id, world_id, name) SELECT $w * 10 + n, $w, 'layer ' || n FROM generate_series(1, 2) n;
		INSERT INTO timevmaps.zones (id, layer_id, name, geom) SELECT $w * 1000 + n, $w * 10 + 1, 'zone ' || n, 'SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))' FROM generate_series(1, 30) n;
		INSERT INTO timevmaps.zone_owners (zone_id, timeline_id, t, owner) SELECT z.id, $w * 10, now() + n * interval '1 day', 'ann' FROM timevmaps.zones z, generate_series(1, 3) n WHERE z.world_id = $w;
		INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, submitted_by) SELECT $w * 1000 + n, $w, $w * 10, 'sr', '{"v_mps": 1, "proper_seconds": 1}', 'eddy' FROM generate_series(1, 30) n;
		SELECT timevmaps_internal.tv_frames_partition($w * 1000);
		INSERT INTO timevmaps.frames (experiment_id, step, world_id) SELECT $w * 1000 + n, s, $w FROM generate_series(1, 3) n, generate_series(1, 40) s;
		INSERT INTO timevmaps.results (experiment_id, world_id) SELECT id, $w FROM timevmaps.experiments WHERE world_id = $w AND id % 2 = 0;
		INSERT INTO timevmaps.experiment_attempts (experiment_id, claim, world_id, outcome) SELECT id, 1, $w, 'lost' FROM timevmaps.experiments WHERE world_id = $w AND id % 3 = 0;
		UPDATE timevmaps.experiments SET status = 'running' WHERE id = $w * 1000 + 1;
		UPDATE timevmaps.experiments SET run_at = now() + interval '1 day' WHERE id = $w * 1000 + 3});
	return;
}
sub hang
{
	my ($w, $other) = @_;
	q1(qq{
		INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES
			($w * 100, $other * 10, $other * 1000, $w * 10, $w * 1000), ($w * 100 + 1, $w * 10, $w * 1000, $other * 10, $other * 1000), ($w * 100 + 2, $w * 10, $w * 1000, $w * 10 + 1, $w * 1000);
		INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, gateway_id, submitted_by) VALUES ($other * 1000 + 500 + $w, $other, $other * 10, 'quantum', '{"circuit": {"qubits": 1, "gates": []}}', $w * 100, 'eddy');
		INSERT INTO timevmaps.route_plans (world_id, timeline_id, origin_id, dest_id, dest_timeline_id, path_place_ids, path_timeline_ids, distance_m, eta_seconds, local_seconds,
			coordinate_seconds, traveler_seconds, coordinate_minus_local_seconds, traveler_minus_local_seconds, metric)
		SELECT a / 10, a, a / 10 * 1000, b, c, '{}', '{}', 1, 1, 1, 1, 1, 0, 0, 'local'
		FROM (VALUES ($w * 10, $w * 1000 + 9, $w * 10), ($w * 10, $other * 1000, $other * 10), ($other * 10, $w * 1000 + 9, $w * 10), ($other * 10, $w * 1000 + 8, $other * 10),
			($other * 10, $other * 1000 + 9, $other * 10)) v (a, b, c)});
	return;
}
fill($_) for 1 .. 3;
hang(1, 2);
hang(3, 2);
q1('ANALYZE');
q1("SELECT timevmaps.tv_prepare_graph($_)") for 1, 2;
my $data = $cluster->dir . '/data';
sub files { my ($w) = @_; return scalar(() = glob "$data/timevmaps/*/w$w.* $data/base/*/timevmaps*/w$w.* $data/base/pgsql_tmp/*/w$w.* $data/*/*/*/w$w.*") }
cmp_ok(files(1), '>', 0, 'there is a graph');

# Rows of every table that name a world, a timeline or a place of it; of the log of changes the mark alone stays.
my $tables = q1(q{SELECT string_agg(format('SELECT %L AS t, to_jsonb(x) AS r FROM timevmaps.%I x', c.relname, c.relname), ' UNION ALL ')
	FROM pg_class c WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'schema_migrations'});
sub rows_of
{
	my ($w) = @_;
	return q1(qq{SELECT string_agg(t || ' ' || n, ', ' ORDER BY t) FROM (SELECT t, count(*) AS n FROM ($tables) a
		WHERE $w IN (coalesce((r ->> 'world_id')::bigint, 0), coalesce((r ->> 'from_world_id')::bigint, 0), coalesce((r ->> 'to_world_id')::bigint, 0),
			CASE t WHEN 'worlds' THEN (r ->> 'id')::bigint ELSE 0 END, coalesce((r ->> 'dest_timeline_id')::bigint / 10, 0), coalesce((r ->> 'dest_id')::bigint / 1000, 0))
		  AND NOT (t = 'network_changes' AND r ->> 'kind' = 'x') AND t <> 'position_removals' GROUP BY t) s});
}
sub digest { my ($where) = @_; return q1("SELECT md5(string_agg(t || r, E'\\n' ORDER BY t, r)) FROM ($tables) a WHERE t NOT IN ('network_changes', 'position_removals') AND ($where)") }
like(rows_of(1), qr/experiment_attempts 10, experiments 30, frames 120, gateways 3, layers 2, names 30, (network_changes \d+, )?places 400, positions 36, queue_delayed 1, queue_ready 28, queue_running 1, results 15, route_plans 4, segment_overrides 133, segment_profiles 80, segments 399, speed_profiles 1, timelines 3, turns 40, vehicle_profiles 5, vehicles 10, world_members 2, worlds 1, zone_owners 90, zone_told 10, zones 30/, 'what there is to lose');

# What is of no world.
my $apart = 'circuits|network_changes|quotas|quota_usage|token_issuers|audit_events|audit_seals|position_removals';
# A new table comes into fill() above and into the list of src/sqlfn/world.c, or it goes with the rows of another.
my %lost = rows_of(1) =~ /(\w+) (\d+)/g;
my @tables = grep { !/^(?:$apart)$/ } $tables =~ /timevmaps\.(\w+)/g;
is(join(' ', grep { !$lost{$_} } @tables), '', 'every table has a row to lose, but those of no world');
my %with = (results => 'experiments', experiment_attempts => 'experiments', queue_ready => 'experiments', queue_delayed => 'experiments', queue_running => 'experiments', segment_profiles => 'segments', world_members => 'worlds', zone_told => 'vehicles');
open my $source, '<', "$ENV{TV_REPO}/src/sqlfn/world.c" or die "world.c: $!";
my %removed = map { $_ => 1 } do { local $/; <$source> } =~ /(?:DELETE FROM timevmaps\.|timevmaps_internal\.tv_(?=positions_take))([a-z_]+?)(?:_take)?\b/g;
is(join(' ', grep { !$removed{ $with{$_} // $_ } } @tables), '', 'and src/sqlfn/world.c removes it in pieces');

# Who may.
sub state_as { my ($role, $sub, $call) = @_; return $cluster->sqlstate('app', "SET ROLE $role; " . ($sub ? "SET timevmaps.identity = '$sub'; " : '') . $call) }
my $all = digest('true');
is(state_as('tv_player', 'nobody', 'CALL timevmaps.tv_drop_world(1)'), '42501', 'not a player');
is(state_as('tv_analyst', 'nobody', 'CALL timevmaps.tv_drop_world(1)'), 'PT404', 'not who does not see it');
is(state_as('tv_analyst', 'nobody', 'CALL timevmaps.tv_drop_world(99)'), 'PT404', '... as if it were not there');
is(state_as('tv_player', 'rita', 'CALL timevmaps.tv_drop_world(1)'), '42501', 'not who reads it');
is(state_as('tv_analyst', 'eddy', 'CALL timevmaps.tv_drop_world(1)'), '42501', 'not who edits it');
is(state_as('tv_player', 'olga', 'CALL timevmaps.tv_drop_world(1)'), '42501', 'not its owner as a player');
q1("CREATE POLICY frozen ON timevmaps.worlds AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (id <> 1)");
is(state_as('tv_analyst', 'olga', 'CALL timevmaps.tv_drop_world(1)'), '42501', 'not against a policy of the administrator\'s');
q1('DROP POLICY frozen ON timevmaps.worlds');
is($cluster->sqlstate('app', $_), '22023', $_) for 'CALL timevmaps.tv_drop_world(NULL)', 'CALL timevmaps.tv_drop_world(1, 0)', 'CALL timevmaps.tv_drop_world(1, NULL)', 'CALL timevmaps.tv_drop_world(1, 2000000)';
is(digest('true'), $all, '... and nothing has happened');

# In a transaction it is of that transaction.
my $editor = TvSession->new($cluster, 'app', 'editor');
$editor->query('BEGIN');
$editor->query('CALL timevmaps.tv_drop_world(1, 7)');
is($editor->query('SELECT count(*) FROM timevmaps.worlds WHERE id = 1'), '0', 'gone in the transaction');
$editor->query('ROLLBACK');
is(digest('true'), $all, '... and there again after a rollback');

# It stops where another session is in its way, can be cancelled there, and keeps what it has done.
my $others = q{(r ->> 'world_id' IN ('2', '3') OR t = 'circuits' OR t = 'worlds' AND r ->> 'id' IN ('2', '3')) AND NOT (t = 'experiments' AND r ->> 'id' = '2501') AND NOT (t = 'route_plans' AND (r ->> 'dest_id')::bigint / 1000 = 1)};
my $neighbours = digest($others);
my $blocker = TvSession->new($cluster, 'app', 'blocker');
$blocker->query('BEGIN');
$blocker->query('SELECT id FROM timevmaps.segments WHERE id = 1200 FOR UPDATE');
my $owner = TvSession->new($cluster, 'app', 'owner');
my $pid = $owner->query('SELECT pg_backend_pid()');
$owner->query(q{SET ROLE tv_analyst; SET timevmaps.identity = 'olga'});
$owner->begin('CALL timevmaps.tv_drop_world(1, 20)');
ok($cluster->poll('app', "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $pid AND wait_event_type = 'Lock'"), 'it waits for another session');
# Somebody who adds a row now waits for the end.
my $adder = TvSession->new($cluster, 'app', 'adder');
$adder->begin("INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1999, 1, 0, 0)");
ok($adder->is_waiting(0.3), 'who adds a row waits');
q1("SELECT pg_cancel_backend($pid)");
is($owner->finish->{sqlstate}, '57014', 'it is cancelled');
is($adder->finish->{sqlstate}, '', '... and the row is added');
like(rows_of(1), qr/^layers 2, network_changes \d+, places 401, segment_profiles 40, segments 199, speed_profiles 1, timelines 3, vehicle_profiles 5, vehicles 10, world_members 2, worlds 1, zone_owners 90, zone_told 10, zones 30$/, 'what was removed before stays removed');
is(q1("SELECT max(cardinality(ids)) FROM timevmaps.network_changes WHERE world_id = 1 AND kind = 's' AND id > (SELECT min(id) FROM timevmaps.network_changes WHERE kind = 'g')"), '20', '... in pieces');
$blocker->query('ROLLBACK');
is($owner->run('CALL timevmaps.tv_drop_world(1, 20)')->{sqlstate}, '', 'another call goes on');
is(rows_of(1), '', 'nothing is left');
is(files(1), 0, '... no file either');
is(digest($others), $neighbours, 'what is not of it is as it was');
is(q1('SELECT count(*) FROM timevmaps.gateways WHERE 2 IN (from_world_id, to_world_id)'), '2', 'a neighbour keeps its other gateways');
is(q1('SELECT (gateway_id IS NULL)::text FROM timevmaps.experiments WHERE id = 2501'), 'true', 'an experiment of a neighbour has lost its gateway');
is($owner->run('CALL timevmaps.tv_drop_world(1)')->{sqlstate}, 'PT404', 'it is gone');

# A world of the same number knows nothing of it; an administrator drops any, with the default piece.
fill(1);
is(q1('SELECT local_seconds FROM timevmaps.tv_route_cost(1, 10, 1000, 1002)'), q1('SET timevmaps.prepared_graph = off; SELECT local_seconds FROM timevmaps.tv_route_cost(1, 10, 1000, 1002)'), 'a new world of the same number');
$editor->query('SET ROLE tv_admin');
is($editor->run("CALL timevmaps.tv_drop_world($_)")->{sqlstate}, '', "an administrator drops world $_") for 1, 3, 2;
is(q1("SELECT count(*) FROM ($tables) a WHERE t !~ '^($apart)\$'"), '0', 'nothing is left of any');
done_testing();
