# What tv_metrics() prints: Prometheus' text format to the letter, counters that only rise, numbers that are true, and no waiting.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;
use TvProm;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub scrape { return TvProm->new(q1('SELECT timevmaps.tv_metrics()') . "\n") }
sub submit { return q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$_[0]', '$_[1]' $_[2])") }
sub ended { return $cluster->poll('app', "SELECT count(*) = 0 FROM timevmaps.experiments WHERE status IN ('queued', 'running') AND run_at <= now()", 20) }
my @kinds = split /,/, q1("SELECT array_to_string(timevmaps.tv_experiment_kinds(), ',')");

# ---------------------------------------------------------------- nothing has happened
my $empty = scrape();
is_deeply([ $empty->problems ], [], 'what is printed is in the format') or diag(join "\n", $empty->problems);
my $families = $empty->families;
my $listed = q1('SELECT string_agg(metric, E\'\n\') FROM timevmaps_internal.tv_monitor_list()');
is(join("\n", sort keys %$families), join("\n", sort split /\n/, $listed), 'all that is listed is printed, and nothing else');
is_deeply([ grep { !$families->{$_}{samples} } sort keys %$families ], [], 'each has a value before anything has happened');
is($empty->sum('timevmaps_attempts_total') + $empty->sum('timevmaps_run_seconds_count') + $empty->sum('timevmaps_queue_experiments'), 0, 'and that is 0');
is(scalar $empty->samples('timevmaps_queue_experiments'), 3 * @kinds, 'the queue is told by status and kind, zeros too');
is($empty->value('timevmaps_metrics_missing', part => 'queue'), 0, 'nothing is left out');
like(q1('SELECT timevmaps.tv_metrics()'), qr/^timevmaps_build_info\{version="\d[^"]*",postgresql="\d[^"]*"\} 1$/m, 'the version is a label');

# ---------------------------------------------------------------- something has
q1(q{INSERT INTO timevmaps.worlds (name) VALUES ('w'); INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root')});
my $circuit = '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "H", "target": 1}]}}';
submit('sr', '{"v_mps": 1}', '') for 1 .. 3;
submit('quantum', $circuit, '');
submit('route', '{"origin_place_id": 998, "dest_place_id": 999}', '');
ok(ended(), 'experiments are run');
my $some = scrape();
is_deeply([ $some->problems ], [], 'it is still in the format') or diag(join "\n", $some->problems);
is_deeply([ $empty->fallen($some) ], [], 'no counter has fallen');
is($some->value('timevmaps_attempts_total', kind => 'sr', outcome => 'finished'), 3, 'what has finished is counted by kind');
is($some->value('timevmaps_attempts_total', kind => 'quantum', outcome => 'finished'), 1, '... each');
is($some->sum('timevmaps_attempts_total', outcome => 'failed'), $some->sum('timevmaps_failures_total'), 'failures are counted by SQLSTATE');
is($some->sum('timevmaps_run_seconds_count', kind => 'sr'), 3, 'how long they ran');
is($some->sum('timevmaps_wait_seconds_count'), 5, 'and how long they waited');
cmp_ok($some->sum('timevmaps_run_seconds_sum'), '>', 0, 'time is more than nothing');
cmp_ok($some->sum('timevmaps_run_seconds_sum'), '<', 60, 'and in seconds');
cmp_ok($some->sum('timevmaps_frames_total'), '>', 0, 'frames are counted');
ok($cluster->poll('app', q{SELECT count(*) = sum((regexp_match(timevmaps.tv_metrics(), 'timevmaps_events_told_total (\\d+)'))[1]::bigint) / count(*) FROM timevmaps.events}, 5), 'events are counted when they are told');
cmp_ok(scrape()->value('timevmaps_notifications_total'), '>', 1, '... and the notifications that it took');
cmp_ok($some->value('timevmaps_event_partitions_ahead'), '>=', 7, 'days of events are made ahead');
my ($error) = map { $_->[0]{sqlstate} } grep { $_->[0]{sqlstate} ne 'other' } $some->samples('timevmaps_failures_total');
is($error, q1("SELECT error ->> 'sqlstate' FROM timevmaps.experiments WHERE status = 'failed'"), 'by that of the experiment');

# ---------------------------------------------------------------- what waits and what runs
my $long = '{"circuit": {"qubits": 14, "gates": [{"op": "H", "target": 0}]}, "frames": false, "options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}';
my $running = submit('quantum', $long, '');
ok($cluster->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $running", 10), 'a long one runs');
submit('sr', '{"v_mps": 1}', ", run_at => now() + interval '1 hour'") for 1 .. 2;
submit('gr', '{"gm": 3.986004418e14, "r": 7000000}', '');
my $busy = scrape();
is_deeply([ $busy->problems ], [], 'in the format while something runs') or diag(join "\n", $busy->problems);
is_deeply([ map { $busy->value('timevmaps_queue_experiments', status => $_->[0], kind => $_->[1]) } [ 'running', 'quantum' ], [ 'delayed', 'sr' ], [ 'ready', 'gr' ], [ 'ready', 'sr' ] ],
	[ 1, 2, 1, 0 ], 'what runs, what is delayed, what is ready');
is($busy->value('timevmaps_workers', kind => 'worker', state => 'running'), 1, 'a worker runs something');
select undef, undef, undef, 0.3;
my $later = scrape();
cmp_ok($later->value('timevmaps_running_longest_seconds', kind => 'quantum'), '>', 0.25, 'how long it has run');
cmp_ok($later->value('timevmaps_queue_oldest_seconds', kind => 'gr'), '>', 0.25, 'and how long the oldest has been due');
is($later->value('timevmaps_queue_oldest_seconds', kind => 'sr'), 0, 'what is delayed is not old');

# ---------------------------------------------------------------- routes
q1(q{INSERT INTO timevmaps.places (world_id, name, lat, lon) VALUES (1, 'a', 57.70, 11.90), (1, 'b', 57.71, 11.92);
	INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 72)});
q1('SELECT timevmaps.tv_plan_route(1, 1, 1, 2)');
q1('SELECT timevmaps.tv_prepare_graph(1)');
q1('SELECT timevmaps.tv_plan_route(1, 1, 1, 2)') for 1 .. 2;
my $routes = scrape();
is_deeply([ map { $routes->value('timevmaps_graph_answers_total', source => $_) } qw(graph rows) ], [ 2, 2 ], 'questions are counted by what answers them, also that of the experiment');
is($routes->value('timevmaps_graph_builds_total'), 1, 'graphs that are built');
cmp_ok($routes->value('timevmaps_graph_build_seconds_total'), '>', 0, '... with their time');
cmp_ok($routes->value('timevmaps_graph_bytes'), '>', 1000, '... and their files');

# Another database's are its own.
$cluster->setup('other');
my $other = TvProm->new($cluster->query('other', 'SELECT timevmaps.tv_metrics()') . "\n");
is($other->sum('timevmaps_attempts_total') + $other->sum('timevmaps_queue_experiments'), 0, 'another database counts for itself');

# ---------------------------------------------------------------- nobody's locks
my $holder = TvSession->new($cluster, 'app', 'holder');
for my $case ([ 'timevmaps.experiments', 'queue' ], [ 'timevmaps.audit_seals', 'audit' ])
{
	my ($table, $part) = @$case;
	$holder->query("BEGIN; LOCK TABLE $table");
	my $began = time;
	my $locked = scrape();
	cmp_ok(time - $began, '<', 2, "$table is locked: nobody waits for it");
	is_deeply([ $locked->problems ], [], '... and what is left is in the format') or diag(join "\n", $locked->problems);
	is($locked->value('timevmaps_metrics_missing', part => $part), 1, '... and says what it lacks');
	is($locked->value('timevmaps_attempts_total', kind => 'sr', outcome => 'finished'), 3, '... while counters are there');
	$holder->query('ROLLBACK');
}
is(scrape()->sum('timevmaps_metrics_missing'), 0, 'afterwards it is whole again');
q1("SELECT timevmaps.tv_cancel_experiment($running)");
ok(ended(), 'the long one is cancelled');
is(scrape()->value('timevmaps_attempts_total', kind => 'quantum', outcome => 'cancelled'), 1, 'which is counted');

# ---------------------------------------------------------------- SQLSTATEs without bound
q1('SELECT timevmaps.tv_stop_worker()');
ok($cluster->poll('app', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status()'), 'the worker has gone');
q1(q{CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'P' || lpad(NEW.experiment_id::text, 4, '0'), MESSAGE = 'no'; END $$;
	CREATE TRIGGER refuse BEFORE INSERT ON timevmaps.results FOR EACH ROW EXECUTE FUNCTION public.refuse()});
submit('sr', '{"v_mps": 2}', '') for 1 .. 30;
q1('CALL timevmaps.tv_work(1000)');
my $many = scrape();
is_deeply([ $many->problems ], [], 'errors of many kinds are in the format') or diag(join "\n", $many->problems);
cmp_ok(scalar $many->samples('timevmaps_failures_total'), '<=', 17, 'their labels are bounded');
is($many->sum('timevmaps_failures_total') - $later->sum('timevmaps_failures_total'), 30, 'and all are counted');
cmp_ok($many->value('timevmaps_failures_total', sqlstate => 'other'), '>', 10, '... most together');
is_deeply([ $later->fallen($many) ], [], 'no counter has fallen');

# ---------------------------------------------------------------- 100,000 that wait
q1('DROP TRIGGER refuse ON timevmaps.results');
q1(q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, (ARRAY['sr', 'gr'])[1 + i % 2], '{"v_mps": 1, "gm": 1, "r": 1}'::jsonb - CASE WHEN i % 2 = 0 THEN '{gm,r}'::text[] ELSE '{v_mps}' END
	FROM generate_series(1, 100000) i; ANALYZE timevmaps.experiments});
my $began = time;
my $full = scrape();
my $took = time - $began;
is($full->sum('timevmaps_queue_experiments', status => 'ready'), 100000, '100,000 wait');
diag(sprintf 'a scrape of 100,000 that wait takes %.0f ms, psql included', 1000 * $took);
cmp_ok($took, '<', 1, 'and a scrape takes less than a second');
done_testing();
