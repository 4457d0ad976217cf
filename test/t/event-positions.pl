# Whose positions have come in: told at most every 250 ms a timeline, all in one, nothing of what was rolled back, and nobody who stores positions sends anything.
use strict;
use warnings;
use Test::More;
use JSON::PP;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvListener;
use TvProm;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'max_prepared_transactions = 5']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }
sub metric { return TvProm->new(q1('SELECT timevmaps.tv_metrics()') . "\n")->value($_[0]) }

# Who stores positions says so in this way; ids need not be those of anything here.
sub came { my ($timeline, @ids) = @_; return "SELECT timevmaps_internal.tv_positions_came(1, $timeline, ARRAY[" . join(',', @ids) . ']::bigint[])' }
my $listener = TvListener->new($cluster, 'app', 'tv_position_update', 'tv_live_1_1', 'tv_live_1_2');

# What is told on a channel within so many seconds: [time, timeline, ids or number of vehicles].
sub told
{
	my ($channel, $seconds) = @_;
	my @told;
	for my $one (grep { $_->[1] eq $channel } $listener->read($seconds))
	{
		my $payload = decode_json($one->[2]);
		push @told, map { [ $one->[0], $_->{timeline_id}, $_->{vehicle_ids} // $_->{count} ] } @{ $payload->{events} // [$payload] };
	}
	return @told;
}
sub whose { return [ map { [ @$_[1, 2] ] } @_ ] }

# ---------------------------------------------------------------- one, and those that follow
ok(until_true(q{SELECT count(*) = 1 FROM timevmaps.tv_worker_status() WHERE state = 'idle'}), 'a worker is there');
my $start = time;
q1(came(1, 7, 3, 7, 5));
my @told = $listener->read(0.5);
is_deeply([ map { $_->[2] } grep { $_->[1] eq 'tv_position_update' } @told ], ['{"world_id": 1, "timeline_id": 1, "vehicle_ids": [3, 5, 7]}'], 'who has moved is told, each once');
is_deeply([ map { $_->[2] } grep { $_->[1] eq 'tv_live_1_1' } @told ], ['{"world_id": 1, "timeline_id": 1, "topic": "tv_position_update", "vehicle_ids": [3, 5, 7]}'], 'and on the channel of its timeline, with the topic');
cmp_ok($told[0][0] - $start, '<', 0.2, 'at once') if @told;

my $writer = TvSession->new($cluster, 'app', 'writer');
$start = time;
my $commits = 0;
@told = ();
while (time < $start + 2) { $writer->query(came(1, 100 + $commits++ % 50)); push @told, told('tv_position_update', 0.002) }
push @told, told('tv_position_update', 0.6);
cmp_ok($commits, '>', 100, "$commits commits");
cmp_ok(@told, '<=', 10, '... are told in ' . @told . ' updates');
cmp_ok(@told, '>=', 7, '... as often as may be');
my @apart = map { $told[$_][0] - $told[ $_ - 1 ][0] } 1 .. $#told;
is_deeply([ grep { $_ < 0.2 } @apart[0 .. $#apart] ], [], '... a quarter of a second apart') or diag "@apart";
my %whose = map { $_ => 1 } map { @{ $_->[2] } } @told;
is_deeply([ sort { $a <=> $b } keys %whose ], [ 100 .. 149 ], '... and all vehicles are there');
is_deeply([ grep { my @ids = @{ $_->[2] }; grep { $ids[$_] <= $ids[ $_ - 1 ] } 1 .. $#ids } @told ], [], '... rising');

# ---------------------------------------------------------------- timelines, and many vehicles
q1(came(1, 1) . '; ' . came(2, 2));
@told = $listener->read(0.6);
is_deeply([ map { $_->[2] } grep { $_->[1] eq 'tv_live_1_2' } @told ], ['{"world_id": 1, "timeline_id": 2, "topic": "tv_position_update", "vehicle_ids": [2]}'], 'each timeline is told of by itself');
my @both = grep { $_->[1] eq 'tv_position_update' } @told;
is(@both, 1, 'to who listens to the topic both come together');
is_deeply([ map { $_->{timeline_id} } sort { $a->{timeline_id} <=> $b->{timeline_id} } @{ decode_json($both[0][2])->{events} // [] } ], [ 1, 2 ], '... in a list');

my $large = 9007199254740991;
for my $case ([ 400, [ $large - 399 .. $large ], '400 ids of sixteen digits' ], [ 401, 401, '401 vehicles' ], [ 1000, 1000, '1,000 vehicles' ], [ 200_000, 200_000, '200,000 vehicles' ])
{
	my ($count, $expected, $name) = @$case;
	q1("SELECT timevmaps_internal.tv_positions_came(1, 1, array_agg($large - g ORDER BY g % 3, g)) FROM generate_series(0, $count - 1) g");
	@told = $listener->read(0.6);
	my @payloads = map { $_->[2] } grep { $_->[1] eq 'tv_position_update' } @told;
	is(@payloads, 1, "$name are told");
	is_deeply(decode_json($payloads[0] // '{}'), { world_id => 1, timeline_id => 1, ref $expected ? (vehicle_ids => $expected) : (vehicle_ids => undef, count => $count) }, "$name: " . (ref $expected ? 'all of them' : 'how many'));
	cmp_ok(length $_, '<', 8000, "$name fit") for map { $_->[2] } @told;
}
# Rising ids of more timelines than fit into one.
q1(join '; ', map { "SELECT timevmaps_internal.tv_positions_came(1, $_, array_agg($large - g)) FROM generate_series(0, 299) g" } 11 .. 20);
@told = told('tv_position_update', 0.6);
is_deeply([ sort { $a <=> $b } map { $_->[1] } grep { @{ $_->[2] } == 300 } @told ], [ 11 .. 20 ], 'what does not fit into one notification comes in several');
# The first is told at once, the others together.
my $some = sub { "SELECT timevmaps_internal.tv_positions_came(1, 1, array_agg(g)) FROM generate_series($_[0], $_[1]) g" };
$writer->query($_) for $some->(1, 1), $some->(1, 300), $some->(1, 300), $some->(201, 390);
is_deeply([ map { @{ $_->[2] } } (told('tv_position_update', 0.8))[-1] ], [ 1 .. 390 ], 'the same vehicles of several transactions are there once');
$writer->query($_) for $some->(1, 1), $some->(1, 300), $some->(201, 500), $some->(1, 100);
is((told('tv_position_update', 0.8))[-1][2], 600, 'where they are too many, those of several transactions are added up');

# ---------------------------------------------------------------- what did not happen
q1('BEGIN; ' . came(1, 1) . '; ROLLBACK');
q1('BEGIN; ' . came(1, 2) . "; PREPARE TRANSACTION 'p'");
$writer->run('BEGIN; ' . came(1, 3) . '; SELECT 1/0');
$writer->query('ROLLBACK');
$writer->query('SELECT 1');
is_deeply([ told('tv_position_update', 0.6) ], [], 'nothing of what is rolled back or prepared');
q1("COMMIT PREPARED 'p'");
q1('BEGIN; ' . join('; ', came(1, 1), 'SAVEPOINT a', came(1, 2), came(2, 12), 'SAVEPOINT b', came(1, 3), 'RELEASE b', 'ROLLBACK TO a', came(1, 4),
	'SAVEPOINT c', came(1, 5), 'SAVEPOINT d', came(1, 6), 'ROLLBACK TO d', 'RELEASE c') . '; COMMIT');
is_deeply(whose(told('tv_position_update', 0.6)), [ [ 1, [ 1, 4, 5 ] ] ], 'of savepoints what was kept, and nothing of what was not');
q1(q{DO $$ BEGIN FOR i IN 1 .. 3000 LOOP
	BEGIN PERFORM timevmaps_internal.tv_positions_came(1, 1 + i % 2, ARRAY[i % 50]); IF i % 50 = 7 THEN PERFORM 1 / 0; END IF; EXCEPTION WHEN division_by_zero THEN NULL; END;
END LOOP; END $$});
@told = told('tv_position_update', 0.6);
is_deeply([ sort { $a <=> $b } map { @{ $_->[2] } } @told ], [ grep { $_ != 7 } 0 .. 49 ], '3,000 subtransactions, some rolled back');
is(metric('timevmaps_position_updates_lost_total'), 0, '... of which none is lost');

q1(q{DO $$ BEGIN FOR i IN 1 .. 100 LOOP PERFORM timevmaps_internal.tv_positions_came(1, 100 + i, ARRAY[1]); END LOOP; END $$});
is(scalar(told('tv_position_update', 0.6)), 64, 'of a transaction that brings positions of 100 timelines 64 are told');
is(metric('timevmaps_position_updates_lost_total'), 36, '... and the others counted');

# ---------------------------------------------------------------- nobody sends but the notifier
$writer->query('BEGIN; ' . came(1, 1));
q1("BEGIN; NOTIFY other; " . came(1, 2) . '; COMMIT');
is($writer->query(q{SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'object'}), '0', 'who stores positions holds no lock of NOTIFY');
$writer->query('COMMIT');
$listener->read(0.6);

# ---------------------------------------------------------------- a worker that is busy, killed, or not there
q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (1, 'other')});
my $long = q1(q(SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'quantum', '{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false,
	"options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}')));
ok(until_true("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'timevmaps notifier'"), 'while the worker is busy there is a notifier');
$listener->read(0.6);
q1(came(1, 1));
is_deeply(whose(told('tv_position_update', 0.6)), [ [ 1, [1] ] ], '... which tells');
q1(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'timevmaps notifier'});
ok(until_true("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'timevmaps notifier'"), 'it is gone');
q1(came(1, 2));
q1("SELECT timevmaps.tv_cancel_experiment($long)");
is_deeply([ map { @{ $_->[2] } } told('tv_position_update', 3) ], [2], 'what came meanwhile is told by who comes next');

q1('SELECT timevmaps.tv_stop_worker()');
ok(until_true("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type ~ 'timevmaps (worker|notifier)'"), 'no worker is alive');
q1(came(1, $_)) for 1 .. 20;
q1(came(2, 3));
is_deeply([ told('tv_position_update', 0.5) ], [], 'nobody is told');
q1('SELECT timevmaps.tv_start_worker()');
@told = told('tv_position_update', 4);
is_deeply([ sort { $a->[0] <=> $b->[0] } @{ whose(@told) } ], [ [ 1, [ 1 .. 20 ] ], [ 2, [3] ] ], 'a worker that comes tells all of it, once') or diag explain \@told;

# ---------------------------------------------------------------- those who store positions
q1(q{INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT g, 1, 'v' || g FROM generate_series(1, 9) g});
my $t = q1('SELECT extract(epoch FROM date_trunc(\'second\', now()))');
my $ingest = sub { my ($fixes, $how) = @_; return q1("SELECT concat_ws(' ', inserted, duplicates, conflicts, replaced) FROM timevmaps.tv_ingest(1, 1, '$fixes', '" . ($how // 'keep') . "')") };
my $fix = sub { my ($vehicle, $lon) = @_; return qq({"vehicle_id": $vehicle, "t": $t, "lon": $lon, "lat": 57}) };
$listener->read(0.6);
is($ingest->('[' . join(',', $fix->(1, 11), $fix->(2, 11), '{"vehicle_id": 3}') . ']'), '2 0 0 0', 'of three fixes two are stored');
is_deeply(whose(told('tv_position_update', 0.6)), [ [ 1, [ 1, 2 ] ] ], '... and told of');
is($ingest->($fix->(1, 11)), '0 1 0 0', 'the same again');
is_deeply([ told('tv_position_update', 0.6) ], [], '... is nothing new');
is($ingest->($fix->(2, 12), 'replace'), '0 0 0 1', 'a correction');
is_deeply(whose(told('tv_position_update', 0.6)), [ [ 1, [2] ] ], '... is told of');
my $rows = q{INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) SELECT 1, 1 + v % 2, v, now() - interval '1 hour', 11, 57 FROM generate_series(4, 7) v};
q1("BEGIN; $rows; ROLLBACK");
is_deeply([ told('tv_position_update', 0.6) ], [], 'rows that are rolled back are not');
q1($rows);
is_deeply([ sort { $a->[0] <=> $b->[0] } @{ whose(told('tv_position_update', 0.6)) } ], [ [ 1, [ 4, 6 ] ], [ 2, [ 5, 7 ] ] ], 'rows of two timelines, stored by a statement of any sort');
q1("CREATE TABLE fixes AS SELECT v AS vehicle_id, now() - interval '2 hours' AS t, 11::float8 AS lon, 57::float8 AS lat FROM generate_series(8, 9) v; GRANT SELECT ON fixes TO PUBLIC");
q1("CALL timevmaps.tv_load_positions('fixes', 1, 1)");
is_deeply(whose(told('tv_position_update', 0.6)), [ [ 1, [ 8, 9 ] ] ], 'a table that is loaded');

# Another database is told nothing, and all slots taken is counted.
$cluster->setup('other');
q1('SELECT timevmaps.tv_stop_worker()');
ok(until_true("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type ~ 'timevmaps (worker|notifier)' AND datname = 'app'"), 'no worker again');
my $before = metric('timevmaps_position_updates_lost_total');
q1('DO $$ BEGIN FOR i IN 1000 .. 1299 LOOP PERFORM timevmaps_internal.tv_positions_came(1, i, ARRAY[1]); COMMIT; END LOOP; END $$');
$cluster->query('other', came(5, 1));
q1('SELECT timevmaps.tv_start_worker()');
@told = told('tv_position_update', 3);
cmp_ok(@told, '<=', 256, 'there is room for so many timelines');
cmp_ok(@told, '>=', 240, '... in a moment: ' . @told);
is((grep { $_->[1] == 5 } @told), 0, 'another database has its own');
is(metric('timevmaps_position_updates_lost_total') - $before, 300 - @told, 'what is lost is counted');

# Who fills the board leaves room for others.
q1('SELECT timevmaps.tv_stop_worker()');
ok(until_true("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type ~ 'timevmaps (worker|notifier)' AND datname = 'app'"), 'no worker once more');
q1(q{CREATE ROLE eve LOGIN IN ROLE tv_analyst; SELECT setval('timevmaps.vehicles_id_seq', 1000)});
my $hers = $cluster->query('app', "INSERT INTO timevmaps.worlds (name) VALUES ('hers') RETURNING id", '-U', 'eve');
my $timeline = $cluster->query('app', "INSERT INTO timevmaps.timelines (world_id, label) VALUES ($hers, 'root') RETURNING id", '-U', 'eve');
my $vehicle = $cluster->query('app', "INSERT INTO timevmaps.vehicles (world_id, name) VALUES ($hers, 'bike') RETURNING id", '-U', 'eve');
$before = metric('timevmaps_position_updates_lost_total');
q1('DO $$ BEGIN FOR i IN 1000 .. 1299 LOOP PERFORM timevmaps_internal.tv_positions_came(1, i, ARRAY[1]); COMMIT; END LOOP; END $$');
$cluster->query('app', "INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES ($hers, $timeline, $vehicle, now(), 1, 1)", '-U', 'eve');
q1(came(1300, 1));
q1('SELECT timevmaps.tv_start_worker()');
@told = told('tv_position_update', 3);
is_deeply([ grep { $_->[0] == $timeline } @{ whose(@told) } ], [ [ $timeline, [$vehicle] ] ], 'who has less than others is told of where these have all');
is(metric('timevmaps_position_updates_lost_total') - $before, 302 - @told, '... and what gave way is counted');
done_testing();
