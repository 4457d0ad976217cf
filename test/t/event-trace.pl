# A client's trace goes through the queue: from params through events into the result, and out as OTLP JSON by the script of
# docs/traces.md.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use JSON::PP ();
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
my $json = JSON::PP->new->canonical->allow_nonref;
sub q1 { return $cluster->query('app', $_[0]) }
sub submit { return q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$_[0]', '$_[1]' " . ($_[2] // '') . ')') }
sub ended { return $cluster->poll('app', "SELECT status IN ('finished', 'failed', 'cancelled') FROM timevmaps.experiments WHERE id = $_[0]", 20) }
sub span_id { return substr sha256_hex(join '/', @_), 0, 16 }
sub trace_of { return $json->decode(q1("SELECT coalesce(artifacts -> 'trace', 'null') FROM timevmaps.results WHERE experiment_id = $_[0]")) }
q1(q{INSERT INTO timevmaps.worlds (name) VALUES ('w'); INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root')});

my ($trace, $parent) = ('4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7');
my $traceparent = "00-$trace-$parent-01";
my $listener = TvSession->new($cluster, 'app', 'listener');
$listener->query('LISTEN tv_live_1_1');

# ---------------------------------------------------------------- through the queue
my $id = submit('sr', qq({"v_mps": 1, "x-traceparent": "$traceparent"}));
ok(ended($id), 'an experiment is run in a trace');
my $kept = trace_of($id);
my $own = span_id($trace, $parent, $id);
is($kept->{traceparent}, $traceparent, 'its result has the context');
is_deeply([ map { [ @$_{qw(name span_id parent_id)} ] } @{ $kept->{spans} } ],
	[ [ 'experiment', $own, $parent ], [ 'wait', span_id($trace, $parent, $id, 'wait', 1), $own ], [ 'run', span_id($trace, $parent, $id, 'run', 1), $own ] ],
	'and spans whose ids follow from it and from the experiment');
my ($whole, $wait, $run) = @{ $kept->{spans} };
like($_->{start}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, "$_->{name}: a time in UTC, to microseconds") for $whole, $wait, $run;
is($wait->{start}, $whole->{start}, 'it waits from when it was submitted');
is($wait->{end}, $run->{start}, 'until it is run');
cmp_ok($run->{end}, 'le', $whole->{end}, '... which is the end');
is($run->{outcome}, 'finished', 'well');
is_deeply($json->decode(q1("SELECT timevmaps.tv_experiment_trace($id)")), $kept, 'tv_experiment_trace() says the same, to the microsecond');
q1('SET session_replication_role = replica; CREATE TABLE public.kept AS SELECT * FROM timevmaps.results; DELETE FROM timevmaps.results');
is_deeply([ map { $_->{name} } @{ $json->decode(q1("SELECT timevmaps.tv_experiment_trace($id)"))->{spans} } ], [qw(experiment wait run)], '... and goes by the experiment where the result is not kept any more');
q1('SET session_replication_role = replica; INSERT INTO timevmaps.results SELECT * FROM public.kept');
$cluster->poll('app', 'SELECT pg_sleep(0.1) IS NOT NULL');
my $heard = join '', map { $listener->query('SELECT pg_sleep(0.1)') } 1 .. 3;
my $child = "00-$trace-$own-01";
like($heard, qr/"topic": "tv_$_"[^{}]*"traceparent": "$child"/, "tv_$_ is told in it, below the experiment's span") for qw(experiment_submitted sim_finished);
is(q1("SELECT count(*) FILTER (WHERE data ->> 'traceparent' = '$child') || ' of ' || count(*) FROM timevmaps.events WHERE subject = $id"), '2 of 2', 'and so does the log');

# ---------------------------------------------------------------- without one, and with what is none
$id = submit('sr', '{"v_mps": 1}');
ok(ended($id), 'one without a trace is run');
is(trace_of($id), undef, '... and its result has none');
is(q1("SELECT timevmaps.tv_experiment_trace($id) IS NULL AND count(*) FILTER (WHERE data ? 'traceparent') = 0 FROM timevmaps.events WHERE subject = $id"), 't', 'nor have its events');
my @none = ('', 'x', "00-$trace-$parent", "00-$trace-$parent-01-x", '00-' . '0' x 32 . "-$parent-01", "00-$trace-" . '0' x 16 . '-01', "ff-$trace-$parent-01",
	"00-\U$trace\E-$parent-01", "00-$trace-$parent-0g", "0-$trace-$parent-01", "01-$trace-$parent-01x", "00_$trace-$parent-01");
my @ids = map { submit('sr', $json->encode({ v_mps => 1, 'x-traceparent' => $_ })) } @none, 7, undef, [], {};
my @later = map { submit('sr', $json->encode({ v_mps => 1, 'x-traceparent' => $_ })) } "01-$trace-$parent-01", "cc-$trace-$parent-00-what.is.to.come";
ok($cluster->poll('app', "SELECT bool_and(status = 'finished') FROM timevmaps.experiments"), 'what is no context is ignored');
is_deeply([ map { trace_of($_) } @ids ], [ (undef) x @ids ], '... wholly');
is(q1('SELECT count(*) FROM timevmaps.events WHERE data ? \'traceparent\' AND subject = ANY (\'{' . join(',', @ids) . '}\')'), 0, '... in events too');
is_deeply([ map { trace_of($_)->{spans}[0]{parent_id} } @later ], [ $parent, $parent ], 'versions to come begin as this one does');
is(q1("SELECT count(*) FROM timevmaps.events WHERE data ->> 'traceparent' ~ '^00-$trace-' AND subject = ANY ('{" . join(',', @later) . "}')"), 4, '... and go on as this one');

# ---------------------------------------------------------------- what fails, and what is cancelled
$id = submit('route', qq({"origin_place_id": 998, "dest_place_id": 999, "x-traceparent": "$traceparent"}));
ok(ended($id), 'an experiment fails');
is_deeply([ map { "$_->{name} " . ($_->{outcome} // '') } @{ $json->decode(q1("SELECT timevmaps.tv_experiment_trace($id)"))->{spans} } ], [ 'experiment failed', 'wait ', 'run failed' ], '... in its trace');
$id = submit('sr', qq({"v_mps": 1, "x-traceparent": "$traceparent"}), ", run_at => now() + interval '1 hour'");
is($json->decode(q1("SELECT timevmaps.tv_experiment_trace($id)"))->{spans}[0], undef, 'what waits has no span that is over');
q1("SELECT timevmaps.tv_cancel_experiment($id)");
is_deeply([ map { "$_->{name} $_->{outcome}" } @{ $json->decode(q1("SELECT timevmaps.tv_experiment_trace($id)"))->{spans} } ], ['experiment cancelled'], 'what is cancelled before it ran has one');
is(q1("SELECT data ->> 'traceparent' FROM timevmaps.events WHERE subject = $id AND type = 'tv_sim_finished'"), '00-' . $trace . '-' . span_id($trace, $parent, $id) . '-01', '... which is told');
is($cluster->sqlstate('app', 'SELECT timevmaps.tv_experiment_trace(999999)'), 'PT404', 'what is not there');

# ---------------------------------------------------------------- many at once
my $batched = sub { return q1('SELECT timevmaps.tv_metrics()') =~ /^timevmaps_batched_experiments_total (\d+)/m ? $1 : 'none' };
my $before = $batched->();
q1(qq{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{"v_mps": 5, "x-traceparent": "$traceparent"}' FROM generate_series(1, 100)});
ok($cluster->poll('app', q{SELECT bool_and(status = 'finished') FROM timevmaps.experiments WHERE params @> '{"v_mps": 5}'}, 20), 'a hundred are run');
cmp_ok($batched->() - $before, '>=', 50, '... in batches');
is(q1(qq{SELECT count(*) FILTER (WHERE (r.artifacts #>> '{trace,spans,0,end}')::timestamptz >= (r.artifacts #>> '{trace,spans,2,start}')::timestamptz
		AND r.artifacts #>> '{trace,spans,2,attempt}' = '1' AND jsonb_array_length(r.artifacts #> '{trace,spans}') = 3) || ' of ' || count(*)
	FROM timevmaps.results r JOIN timevmaps.experiments e ON e.id = r.experiment_id WHERE e.params @> '{"v_mps": 5}'}), '100 of 100', '... each with its spans');
is(q1(qq{SELECT count(*) FILTER (WHERE v.data ? 'traceparent') || ' of ' || count(*) FROM timevmaps.events v JOIN timevmaps.experiments e ON e.id = v.subject
	WHERE e.params @> '{"v_mps": 5}' AND v.type = 'tv_sim_finished'}), '100 of 100', '... and events');

# ---------------------------------------------------------------- several attempts
q1(q{CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF (SELECT claim FROM timevmaps.experiments WHERE id = NEW.experiment_id) < 2 THEN RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'not now'; END IF; RETURN NEW; END $$;
	CREATE TRIGGER refuse BEFORE INSERT ON timevmaps.results FOR EACH ROW EXECUTE FUNCTION public.refuse()});
$id = submit('quantum', qq({"qubits": 1, "gates": [{"op": "H", "target": 0}], "x-traceparent": "$traceparent"}));
ok(ended($id), 'one is run twice');
q1('DROP TRIGGER refuse ON timevmaps.results');
my @spans = @{ trace_of($id)->{spans} };
is_deeply([ map { join ' ', grep { defined } @$_{qw(name attempt outcome)} } @spans ], [ 'experiment finished', 'wait 1', 'run 1 retried', 'wait 2', 'run 2 finished' ], 'each attempt has its spans');
is($spans[3]{start}, $spans[2]{end}, 'the second waits from the end of the first');
is_deeply([ map { $_->{span_id} } @spans[3, 4] ], [ map { span_id($trace, $parent, $id, $_, 2) } qw(wait run) ], '... under ids of their own');

# ---------------------------------------------------------------- a trace makes no other setup, and no other experiment
is(q1(qq{SELECT timevmaps_internal.tv_setup_hash('quantum', '{"shots": 1}', 'h') = timevmaps_internal.tv_setup_hash('quantum', '{"shots": 1, "x-traceparent": "$traceparent"}', 'h')}), 't',
	'runs in two traces are runs of one setup');
my $first = submit('sr', qq({"v_mps": 3, "x-traceparent": "$traceparent"}), ", idempotency_key => 'k'");
is(submit('sr', qq({"v_mps": 3, "x-traceparent": "00-$trace-1111111111111111-01"}), ", idempotency_key => 'k'"), $first, 'who repeats his key in another span gets the first');
is(submit('sr', '{"v_mps": 3}', ", idempotency_key => 'k'"), $first, '... and without one');

# ---------------------------------------------------------------- a request's header, as PostgREST sets it
sub over_http
{
	my ($headers, $params) = @_;
	my $quoted = $json->encode($headers) =~ s/'/''/gr;
	return q1("SET request.headers = '$quoted'; SELECT coalesce(params ->> 'x-traceparent', 'none') FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '$params')");
}
is(over_http({ accept => '*/*', traceparent => $traceparent, 'user-agent' => 'x' }, '{"v_mps": 1}'), $traceparent, 'the header stands in where params have none');
is(over_http({ traceparent => $traceparent }, '{"v_mps": 1, "x-traceparent": "mine"}'), 'mine', '... and not where they have one');
is(over_http({ traceparent => 'nonsense' }, '{"v_mps": 1}'), 'none', 'one that is no context is ignored');
is(over_http({ cookie => qq("traceparent":"$traceparent") }, '{"v_mps": 1}'), 'none', 'and what only looks like the header');
is(over_http('no object', '{"v_mps": 1}'), 'none', 'and what PostgREST would not set');

# ---------------------------------------------------------------- the example of the documentation
SKIP: {
	skip 'node is not installed', 4 if system('command -v node >/dev/null 2>&1');
	open my $in, '<', "$ENV{TV_REPO}/docs/traces.md" or die "docs/traces.md: $!";
	my ($script) = do { local $/; <$in> } =~ /```js\n(.*?)```/s;
	my ($source, $input) = map { TvCluster::temporary() } 1 .. 2;
	print { $source } $script;
	$id = submit('sr', qq({"v_mps": 1, "x-traceparent": "$traceparent"}));
	ended($id);
	print { $input } q1("SELECT artifacts -> 'trace' FROM timevmaps.results WHERE experiment_id = $id");
	close $_ for $source, $input;
	my ($status, $out, $err) = TvCluster::capture('sh', '-c', 'node --input-type=module - < "$1" 3< "$2"', 'sh', $source->filename, $input->filename);
	is($status, 0, 'the script of docs/traces.md runs') or diag($err);
	my $otlp = eval { $json->decode($out) } // {};
	my $spans = $otlp->{resourceSpans}[0]{scopeSpans}[0]{spans};
	is_deeply([ map { [ @$_{qw(traceId spanId parentSpanId name)} ] } @$spans ],
		[ map { [ $trace, @$_{qw(span_id parent_id name)} ] } @{ trace_of($id)->{spans} } ], '... and makes OTLP JSON of them');
	is_deeply([ grep { $_->{startTimeUnixNano} !~ /^\d{19}$/ || $_->{endTimeUnixNano} !~ /^\d{19}$/ || $_->{startTimeUnixNano} > $_->{endTimeUnixNano} } @$spans ], [], '... with times in nanoseconds, as text');
	my $seconds = q1("SELECT extract(epoch FROM submitted_at) FROM timevmaps.experiments WHERE id = $id");
	is($spans->[0]{startTimeUnixNano}, $seconds =~ s/\.//r . '000', '... to the last digit');
}
done_testing();
