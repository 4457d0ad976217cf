# How attempts end that fail: what is tried again and what is not, when, how often, and what time limits count.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
# Sessions take the place of workers, their clock so many seconds ahead.
sub work
{
	my ($ahead, $n, $more) = @_;
	local $ENV{PGOPTIONS} = "-c timevmaps.clock_offset=$ahead " . ($more // '');
	return q1('CALL timevmaps.tv_work(' . ($n // 100) . ')');
}

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
    INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 57.70, 11.97), (1, 57.71, 11.98);
    INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 72);
    -- An experiment fails as often and with what its own keys say.
    CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        e timevmaps.experiments := (SELECT e FROM timevmaps.experiments e WHERE e.id = NEW.experiment_id);
    BEGIN
        IF e.attempts <= (e.params ->> 'x-times')::int THEN
            RAISE EXCEPTION USING ERRCODE = e.params ->> 'x-code', MESSAGE = 'refused';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON timevmaps.results FOR EACH ROW EXECUTE FUNCTION public.refuse();
});
sub submit
{
	my ($code, $times, $most) = @_;
	return q1(qq{SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1, "x-code": "$code", "x-times": $times}', max_attempts => $most)});
}
sub row { return q1("SELECT $_[1] FROM timevmaps.experiments WHERE id = $_[0]") }
my $how = q(concat_ws(' ', status, attempts, error ->> 'sqlstate'));

# ---------------------------------------------------------------- what is tried again
# Disk full, out of memory, connections, input or output, a missing file, read-only, conflicts, a lock, the server's end.
for my $code (qw(53000 53100 53200 53300 58000 58030 58P01 25006 40001 40P01 55P03 57P01 57P02 57P03))
{
	my $id = submit($code, 1, 3);
	work(0);
	is(row($id, $how), "queued 1 $code", "$code is tried again");
	is(row($id, 'run_at - started_at BETWEEN interval \'1 s\' AND interval \'1.5 s\''), 't', '... after a second and a bit');
	work(3);
	is(row($id, $how), 'finished 2', '... and finishes');
}
# A limit that is set, what was computed, and what the program got wrong.
for my $code (qw(53400 22012 22023 42501 XX000 54000 23505))
{
	my $id = submit($code, 1, 3);
	work(0);
	is(row($id, $how), "failed 1 $code", "$code is final");
}

# ---------------------------------------------------------------- when, and how often
my $id = submit('53100', 1000, 4);
my ($ahead, @waits) = (0);
for (1 .. 4)
{
	work($ahead);
	push @waits, row($id, "round(extract(epoch FROM run_at - clock_timestamp()) - $ahead, 1)") if row($id, 'status') eq 'queued';
	$ahead += 10;
}
is(row($id, $how), 'failed 4 53100', 'until max_attempts');
for my $i (0 .. 2)
{
	my $least = 2 ** $i;
	ok($waits[$i] > $least - 0.6 && $waits[$i] < $least * 1.25 + 0.1, "wait $i is twice that before: $waits[$i]");
}
q1(q(INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params)
	SELECT 1, 1, 'sr', '{"v_mps": 1, "x-code": "53100", "x-times": 1, "x-many": 1}' FROM generate_series(1, 40)));
work(0);
is(q1(q(SELECT count(DISTINCT (extract(epoch FROM run_at - started_at) * 100)::int) > 10 AND count(*) = 40
	AND bool_and(run_at - started_at BETWEEN interval '1 s' AND interval '3 s') FROM timevmaps.experiments WHERE params ? 'x-many' AND status = 'queued')),
	't', 'what failed together is not tried together');
work(5);
is(q1(q(SELECT count(*) FROM timevmaps.experiments WHERE params ? 'x-many' AND status = 'finished')), '40', 'and all of it is');

# Attempts that lost their worker are none of those that failed: they count neither towards max_attempts nor for the wait.
$id = submit('53100', 1000, 2);
q1("UPDATE timevmaps.experiments SET attempts = 2, lost = 2, progress = 0.5 WHERE id = $id");
work(0);
is(row($id, $how), 'queued 3 53100', 'one that lost its worker twice fails for the first time');
is(row($id, 'run_at - started_at BETWEEN interval \'1 s\' AND interval \'1.5 s\''), 't', '... and is tried again after a second and a bit');
is(row($id, 'progress'), '0', '... from the beginning');
work(3);
is(row($id, $how), 'failed 4 53100', '... but not a third time');

# ---------------------------------------------------------------- time limits
# Heavy enough for all the limits below; a route waits for a table.
my $noisy = '"options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}';
my $gates = '"gates": [{"op": "RX", "target": 0, "theta": "$a"}, {"op": "CX", "control": 0, "target": 1}]';
my %kinds = (
	quantum => qq({"circuit": {"qubits": 2, "params": {"a": 1}, $gates}, "frames": false, $noisy%s}),
	sweep => qq({"circuit": {"qubits": 2, $gates}, "points": [{"a": 1}, {"a": 2}], "frames": false, $noisy%s}),
	route => '{"origin_place_id": 1, "dest_place_id": 2%s}');
my $blocker = TvSession->new($cluster, 'app', 'blocker');
$blocker->query('BEGIN; LOCK TABLE timevmaps.route_plans');
for my $kind (sort keys %kinds)
{
	for (['a client\'s own is lower', ', "timeout_s": 0.3', '10s', '0.3 s, by params.timeout_s'],
		['a client\'s own is higher', ', "timeout_s": 1000', '300ms', '0.3 s, by timevmaps.job_timeout'])
	{
		my ($what, $params, $setting, $by) = @$_;
		my $e = q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$kind', '" . sprintf($kinds{$kind}, $params) . "')");
		my $begin = time;
		work(0, 1, "-c timevmaps.job_timeout=$setting");
		cmp_ok(time - $begin, '<', 5, "$kind: $what: it is over soon");
		is(row($e, q(concat_ws(' ', status, attempts, error ->> 'sqlstate', error ->> 'message', error ->> 'detail'))),
			"failed 1 57014 time limit reached It is $by.", '... for its time was');
	}
}
$blocker->query('ROLLBACK');
done_testing();
