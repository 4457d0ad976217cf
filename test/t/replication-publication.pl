# Logical replication to another server: rows arrive, the log of changes is each side's own, graphs stay exact,
# and experiments run where they were submitted.  With all tables published, and with the network's alone.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my @conf = ('autovacuum = off', 'jit = off', 'wal_level = logical', 'wal_retrieve_retry_interval = 200');
my ($here, $there) = map { TvCluster->new(conf => [@conf]) } 1 .. 2;
my @network = map { "timevmaps.$_" } qw(worlds timelines places segments segment_overrides turns vehicle_profiles gateways);
my $ask = q{SELECT concat_ws(' ', a.distance_m, a.local_seconds, b.distance_m, b.local_seconds, c.local_seconds) FROM timevmaps.tv_route_cost(1, 1, 1, 400) a,
	timevmaps.tv_route_cost(1, 2, 1, 400) b, timevmaps.tv_route_cost(1, 1, 1, 400, 2) c};

for my $database ('app', 'roads')
{
	$_->setup($database) for $here, $there;
	$here->query($database, q{
		INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}'), (2, 'two', '{}');
		INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
		INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT n, 1, (n - 1) / 20 * 0.01, (n - 1) % 20 * 0.01 FROM generate_series(1, 400) n;
		INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph)
		SELECT row_number() OVER (), 1, a, b, 1000 + (a * 7919 + b) % 500, 36
		FROM (SELECT n, n + 1 FROM generate_series(1, 400) n WHERE n % 20 > 0 UNION ALL SELECT n, n + 20 FROM generate_series(1, 380) n) s (a, b);
		INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m) SELECT 2, s.id, s.length_m + 1000 FROM timevmaps.segments s WHERE s.id % 3 = 0;
		INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s) VALUES (1, 200, 2, 200, 7);
		ANALYZE});
	$here->query($database, $ask);
	# Changes that the graph has not got, and rows that were pruned.
	$here->query($database, 'UPDATE timevmaps.segments SET length_m = length_m + 1');
	$here->query($database, 'SELECT timevmaps.tv_prepare_graph(1)');
	$here->query($database, 'UPDATE timevmaps.segments SET length_m = length_m + 1 WHERE id = 20');
}
$here->query('app', q{SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1e8, "proper_seconds": 1}')}) for 1 .. 2;
$here->query('app', 'CALL timevmaps.tv_work(1)');
$here->query('app', 'SELECT timevmaps_internal.tv_frames_partition(1); INSERT INTO timevmaps.frames (experiment_id, step, world_id) VALUES (1, 0, 1)');

# Whom a server trusts, and how much of it there is to take.
$here->query('app', q{SELECT timevmaps.tv_set_quota('ada', 'graph_files', 7); INSERT INTO timevmaps.token_issuers VALUES ('here', 'here', '{tv_admin}')});
$there->query('app', q{SELECT timevmaps.tv_set_quota('tv_player', 'circuit_memory', NULL); UPDATE timevmaps.token_issuers SET audience = 'there'});
my $own = q{SELECT (SELECT string_agg(concat_ws(' ', grantee, kind, amount), ',' ORDER BY grantee, kind) FROM timevmaps.quotas),
	(SELECT string_agg(concat_ws(' ', issuer, audience, roles), ',' ORDER BY issuer) FROM timevmaps.token_issuers)};
my $owned = $there->query('app', $own);

# PostGIS's table of reference systems is the same on both sides, so its rows cannot be copied.
$there->query('app', 'TRUNCATE spatial_ref_sys');
$here->query('app', 'CREATE PUBLICATION every FOR ALL TABLES WITH (publish_via_partition_root = true)');
$here->query('roads', 'CREATE PUBLICATION network FOR TABLE ' . join ', ', @network);
my $where = $here->socket_dir;
$there->query('app', "CREATE SUBSCRIPTION every CONNECTION 'host=$where user=postgres dbname=app' PUBLICATION every");
$there->query('roads', "CREATE SUBSCRIPTION network CONNECTION 'host=$where user=postgres dbname=roads' PUBLICATION network");
my %subscription = (app => 'every', roads => 'network');

# The schema's tables, as docs/operations.md has it, are all of ours.
$here->query('app', 'CREATE PUBLICATION multiverse FOR TABLES IN SCHEMA timevmaps WITH (publish_via_partition_root = true)');
is($here->query('app', q{SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_publication_tables WHERE pubname = 'multiverse'}),
	$here->query('app', q{SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_publication_tables WHERE pubname = 'every' AND schemaname = 'timevmaps'}), 'the schema published');

# Until the other side has all that this one has committed.
sub caught_up
{
	my ($database) = @_;
	my $lsn = $here->query($database, 'SELECT pg_current_wal_lsn()');
	return $here->poll($database, "SELECT confirmed_flush_lsn >= '$lsn' FROM pg_replication_slots WHERE slot_name = '$subscription{$database}'", 60);
}
for my $database ('app', 'roads')
{
	ok($there->poll($database, "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel", 90), "$database: the rows that were there have come")
		or diag($there->query($database, "SELECT string_agg(srrelid::regclass || ' ' || srsubstate::text, ', ') FROM pg_subscription_rel WHERE srsubstate <> 'r'"));
}
is($there->query('app', 'SELECT count(*) < 20 AND count(*) > 0 FROM timevmaps.network_changes'), 't', 'what was copied is in the log by statement, not by row');

my %sessions;
sub connect_sessions
{
	for my $database ('app', 'roads')
	{
		$sessions{$database} = { warm => TvSession->new($there, $database, 'warm'), rows => TvSession->new($there, $database, 'rows') };
		$sessions{$database}{rows}->query('SET timevmaps.prepared_graph = off');
		$sessions{$database}{last} = '';
	}
	return;
}
connect_sessions();

sub same
{
	my ($database, $what) = @_;
	ok(caught_up($database), "$database, $what: has come") or diag($there->log_text);
	my ($s, $right) = ($sessions{$database}, $here->query($database, $ask));
	isnt($right, $s->{last}, '... another answer than before');
	is($s->{rows}->query($ask), $right, '... from the rows');
	is($s->{warm}->query($ask), $right, '... from a graph');
	is($there->query($database, $ask), $right, '... in a new session');
	$s->{last} = $right;
	return;
}
my @edits = (
	'an update' => 'UPDATE timevmaps.segments SET length_m = length_m + 1',
	'a row' => 'INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (10000, 1, 1, 150, 10, 36)',
	'a deletion' => 'DELETE FROM timevmaps.segments WHERE id = 10000',
	'overrides' => 'UPDATE timevmaps.segment_overrides SET length_m = length_m + 100',
	'rules for turns' => q{INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
		SELECT f.id, v, t.id, 'cost', 500 FROM unnest('{2,21}'::bigint[]) v JOIN timevmaps.segments f ON f.a_place_id = 1 AND f.b_place_id = v JOIN timevmaps.segments t ON v IN (t.a_place_id, t.b_place_id) AND t.id <> f.id},
	'rules priced anew' => 'UPDATE timevmaps.turns SET penalty_s = 100',
	'rules removed at once' => 'TRUNCATE timevmaps.turns',
	'a gateway' => 'UPDATE timevmaps.gateways SET base_penalty_s = base_penalty_s + 1',
	'a graph here' => 'UPDATE timevmaps.segments SET length_m = length_m + 1 WHERE id < 20',
	'overrides removed at once' => 'TRUNCATE timevmaps.segment_overrides',
	'a segment over a new place' => q{INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (500, 1, 0, 0);
		INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (10001, 1, 1, 500, 10, 36), (10002, 1, 500, 180, 10, 36)},
);
for my $round (1 .. 2)
{
	for my $database ('app', 'roads')
	{
		same($database, "round $round, at first");
		for (my $i = 0; $i < @edits; $i += 2)
		{
			$here->query($database, $edits[$i + 1]);
			# What is pruned here must not be there: rows of the same ids are others.
			$here->query($database, 'SELECT timevmaps.tv_prepare_graph(1)') if $edits[$i] eq 'a graph here';
			same($database, $edits[$i]);
		}
		is($there->query($database, q{SELECT bool_and(xid < pg_snapshot_xmax(pg_current_snapshot())) FROM timevmaps.network_changes}), 't', 'its log names its own transactions');
	}
	# Experiments run where they were submitted.
	if ($round == 1)
	{
		is($there->query('app', "SELECT string_agg(status, ',' ORDER BY id) FROM timevmaps.experiments"), 'finished,queued', 'experiments have come');
		is($there->query('app', 'SELECT count(*) FROM timevmaps.frames'), '1', '... with frames');
		$there->query('app', 'CALL timevmaps.tv_work(5)');
		is($there->query('app', 'SELECT max(status) FROM timevmaps.experiments WHERE id = 2'), 'queued', '... and are not run there');
		$here->query('app', 'CALL timevmaps.tv_work(5)');
		caught_up('app');
		is($there->query('app', "SELECT e.status || ' ' || (r.metrics = '{}')::text FROM timevmaps.experiments e JOIN timevmaps.results r ON r.experiment_id = e.id WHERE e.id = 2"),
			'finished false', 'a result comes');
		$here->query('app', q{SELECT setval(pg_get_serial_sequence('timevmaps.experiments', 'id'), 65536);
			SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1e8, "proper_seconds": 3}');
			SELECT timevmaps_internal.tv_frames_partition(65537); INSERT INTO timevmaps.frames (experiment_id, step, world_id) VALUES (65537, 0, 1)});
		caught_up('app');
		is($there->query('app', 'SELECT count(*) FROM timevmaps.frames WHERE experiment_id = 65537'), '1', 'frames of a range that is new');
		$here->query('app', 'DELETE FROM timevmaps.experiments WHERE id = 1');
		caught_up('app');
		is($there->query('app', 'SELECT (SELECT count(*) FROM timevmaps.frames), (SELECT count(*) FROM timevmaps.results)'), '1|1', 'an experiment goes with its frames and its result');
		is($there->query('app', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', 'tv_init() has nothing to do');

		# Again after both have been stopped, one as by a loss of power.
		%sessions = ();
		$there->stop('immediate');
		$here->stop;
		$_->start for $here, $there;
		connect_sessions();
		for my $database ('app', 'roads')
		{
			$here->query($database, q{DELETE FROM timevmaps.segments WHERE id > 10000; DELETE FROM timevmaps.places WHERE id = 500;
				INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, length_m) SELECT 2, s.id, s.length_m + 300 FROM timevmaps.segments s WHERE s.id % 3 = 0});
		}
	}
}
is($there->query('app', $own), $owned, 'quotas and issuers are its own: nothing came of those that were there');
$here->query('app', q{UPDATE timevmaps.quotas SET amount = 5000000 WHERE kind = 'circuit_memory'; DELETE FROM timevmaps.token_issuers WHERE issuer = 'timevmaps';
	SELECT timevmaps.tv_set_quota('tv_analyst', 'graph_files', NULL)});
ok(caught_up('app'), '... nor of what is changed later, which stops nothing');
is($there->query('app', $own), $owned, '... they are as they were');
# Triggers for what arrives that are off: the rows are read.
$there->query('app', 'ALTER TABLE timevmaps.segments DISABLE TRIGGER segments_log_row');
$here->query('app', 'UPDATE timevmaps.segments SET length_m = length_m + 1');
same('app', 'without the trigger for rows that arrive');
unlike($there->log_text, qr/ERROR:  (?!no partition of relation "frames" found)/, 'nothing was refused on the way');
done_testing();
