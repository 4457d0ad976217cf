# The API over HTTP: a route by GET and by POST, an experiment from its submission to its
# frames and its result, and the contract's statuses for what goes wrong.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvProm;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new(conf => [ "shared_preload_libraries = 'timevmaps'", "timevmaps.circuit_memory = '64MB'" ]);
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'roles') or diag($err);

# A square: 1 - 2 - 3 over the top, 1 - 4 - 3 below, longer; 5 is apart. In the branch 1 - 2 is closed.
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, rules, owner) VALUES (1, 'square', '{"clock": "local"}', 'timevmaps|ada');
	INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'closed', 1);
	INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0.01, 0), (3, 1, 0.01, 0.01), (4, 1, 0, 0.01), (5, 1, 1, 1);
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES
		(1, 1, 1, 2, 2000, 36), (2, 1, 2, 3, 2000, 36), (3, 1, 1, 4, 3000, 36), (4, 1, 4, 3, 3000, 36);
	INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 1, true);
	INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s)
		VALUES (1, 2, 1, 1, 1, 10, 1000);
	SELECT setval(pg_get_serial_sequence('timevmaps.worlds', 'id'), 100);
});
# Raises what it is told.
$cluster->query('app', q{
	CREATE FUNCTION timevmaps.raise(code text) RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = code, MESSAGE = ''a''; END';
	GRANT EXECUTE ON FUNCTION timevmaps.raise TO PUBLIC;
});
my $rest = TvRest->new($cluster, 'app');
my $ada = $rest->token(role => 'tv_analyst', sub => 'ada');
my $admin = $rest->token(role => 'tv_admin', sub => 'root');

# A route.
my $route = $rest->request(GET => '/rpc/tv_plan_route?world_id=1&timeline_id=1&origin_place_id=1&dest_place_id=3');
is($route->{status}, 200, 'a route by GET: 200') or diag($route->{text});
is_deeply($route->{json}[0]{path_place_ids}, [ 1, 2, 3 ], 'its places');
is($route->{json}[0]{eta_seconds}, 400, 'its travel time');
is($route->{json}[0]{geom}{type}, 'LineString', 'its course is GeoJSON');
my $posted = $rest->request(POST => '/rpc/tv_plan_route', { world_id => 1, timeline_id => 1, origin_place_id => 1, dest_place_id => 3 });
is($posted->{status}, 200, 'a route by POST: 200');
delete $_->{json}[0]{created_at} for $route, $posted;
is_deeply($posted->{json}, $route->{json}, 'and the same');
my $feature = $rest->request(GET => '/rpc/tv_plan_route?world_id=1&timeline_id=1&origin_place_id=1&dest_place_id=3', undef,
	headers => { Accept => 'application/geo+json' });
is($feature->{json}{features}[0]{geometry}{type}, 'LineString', 'a route as a GeoJSON feature');
my $steps = $rest->request(GET => '/rpc/tv_route_steps?world_id=1&timeline_id=2&origin_place_id=1&dest_place_id=3&select=seq,place_id&order=seq');
is_deeply([ map { $_->{place_id} } rows($steps) ], [ 1, 4, 3 ], 'the steps in the branch, which goes below');
my $none = $rest->request(GET => '/rpc/tv_plan_route?world_id=1&timeline_id=1&origin_place_id=1&dest_place_id=5');
is($none->{status}, 200, 'no route: 200');
is_deeply($none->{json}, [], 'and no row');

# What else can be asked of the network.
my $within = $rest->request(GET => '/rpc/tv_isochrone?world_id=1&timeline_id=2&place_id=1&max_seconds=300');
is_deeply([ map { [ @$_{qw(place_id timeline_id cost)} ] } rows($within) ], [ [ 1, 2, 0 ], [ 1, 1, 10 ], [ 2, 1, 210 ], [ 4, 2, 300 ] ], 'places within reach');
is($within->{json}[0]{geom}{type}, 'Point', 'as GeoJSON');
my $ways = $rest->request(GET => '/rpc/tv_route_alternatives?world_id=1&timeline_id=1&origin_place_id=1&dest_place_id=3&max_stretch=1.5');
is_deeply([ map { [ @$_{qw(rank cost stretch sharing)} ] } rows($ways) ], [ [ 1, 400, 1, 0 ], [ 2, 600, 1.5, 0 ] ], 'alternatives');
my $trip = $rest->request(GET => '/rpc/tv_plan_trip?world_id=1&timeline_id=1&place_ids=%7B1,3,2%7D&stop_order=best&window_to_s=%7Bnull,3600,null%7D&select=stop,arrive_s,geom');
is_deeply([ map { [ @$_{qw(stop arrive_s)} ] } rows($trip) ], [ [ 1, 0 ], [ 3, 200 ], [ 2, 400 ] ], 'a trip') or diag($trip->{text});
is($trip->{json}[1]{geom}{type}, 'LineString', 'the course of its leg');
my $diff = $rest->request(GET => '/rpc/tv_route_diff?timeline_a=1&timeline_b=2&origin_place_id=1&dest_place_id=3');
is($diff->{json}[0]{eta_difference_seconds}, 200, 'what a closure costs');
is_deeply([ map { $_->{segment_id} } @{ $diff->{json}[0]{only_b} } ], [ 3, 4 ], 'and the way round it');
my $ride = $rest->request(GET => '/rpc/tv_plan_point_route?world_id=1&timeline_id=1&from_lon=-0.001&from_lat=0.005&to_lon=0.005&to_lat=0.011');
is(sprintf('%.4f', $ride->{json}[0]{distance_m}), '2000.0000', 'a route between points') or diag($ride->{text});
is($rest->request(GET => '/rpc/tv_snap?world_id=1&timeline_id=2&lon=0.004&lat=0.005')->{json}[0]{segment_id}, 2, 'a point on the nearest road that is open');

is($rest->request(GET => '/rpc/tv_gamma?v_mps=0')->{json}, 1, 'a function without tables');

sub fails
{
	my ($answer, $http, $code, $what) = @_;
	is($answer->{status}, $http, "$what: $http") or diag($answer->{text});
	is(ref $answer->{json} eq 'HASH' ? $answer->{json}{code} : $answer->{text}, $code, "$what: $code");
	is_deeply([ sort keys %{ $answer->{json} } ], [qw(code details hint message)], "$what: the body's keys") if ref $answer->{json} eq 'HASH';
	return $answer;
}
my $plan = sub { $rest->request(GET => '/rpc/tv_plan_route?' . join '&', map { "$_[0]{$_}" ? "$_=$_[0]{$_}" : () } sort keys %{ $_[0] }) };
my %square = (world_id => 1, timeline_id => 1, origin_place_id => 1, dest_place_id => 3);
fails($plan->({ %square, world_id => 9 }), 404, 'PT404', 'a world that is not there');
fails($plan->({ %square, timeline_id => 9 }), 404, 'PT404', 'a timeline that is not there');
fails($plan->({ %square, dest_place_id => 9 }), 404, 'PT404', 'a place that is not there');
fails($plan->({ %square, metric => 'beauty' }), 400, '22023', 'an unknown metric');
fails($rest->request(POST => '/rpc/tv_save_route', { %square, dest_place_id => 5 }, token => $ada), 404, 'PT404', 'saving a route that is not there');
fails($rest->request(GET => '/rpc/tv_gamma?v_mps=299792458'), 400, '22003', 'the speed of light');
my $bad = fails($rest->request(POST => '/rpc/tv_run_circuit', { circuit => { qubits => 2, gates => [ { op => 'H', target => 5 } ] } }),
	400, '22023', 'a gate on a qubit that is not there');
like($bad->{json}{message}, qr/gates\[0\]\.target/, 'the message has the path');
my $large = fails($rest->request(POST => '/rpc/tv_run_circuit', { circuit => { qubits => 26, gates => [ { op => 'T', target => 0 } ] } }),
	413, 'PT413', 'a circuit that needs too much memory');
like($large->{json}{details}, qr/\d/, 'the details say how much');

# A saved route.
my $saved = $rest->request(POST => '/rpc/tv_save_route', \%square, token => $ada);
is($saved->{status}, 200, 'saving a route: 200') or diag($saved->{text});
is($rest->request(GET => "/route_plans?id=eq.$saved->{json}{id}&select=eta_seconds")->{json}[0]{eta_seconds}, 400, 'and it is there');

# An experiment that prices the gateway, from submission to route.
my %experiment = (world_id => 1, timeline_id => 1, kind => 'quantum', gateway_id => 1, idempotency_key => 'once', params => {
	circuit => { qubits => 3, gates => [ { op => 'H', target => 0 }, { op => 'CX', control => 0, target => 1 }, { op => 'CX', control => 1, target => 2 } ] },
	shots => 100, seed => 7, frames => { every => 1, content => 'full' } });
fails($rest->request(POST => '/rpc/tv_submit_experiment', \%experiment), 401, '42501', 'an experiment without a token');
fails($rest->request(POST => '/rpc/tv_submit_experiment', \%experiment, token => $rest->token(role => 'tv_analyst', sub => 'eve')),
	403, '42501', 'an experiment in a world one does not belong to');
my $submitted = $rest->request(POST => '/rpc/tv_submit_experiment', \%experiment, token => $ada);
is($submitted->{status}, 202, 'an experiment: 202') or diag($submitted->{text});
is($submitted->{json}{status}, 'queued', 'it is queued');
my $id = $submitted->{json}{id};
is($submitted->{headers}{location}, "/experiments?id=eq.$id&select=id,kind,status,progress,error", 'Location says where to look');
my $again = $rest->request(POST => '/rpc/tv_submit_experiment', \%experiment, token => $ada);
is_deeply([ $again->{status}, $again->{json}{id}, $again->{headers}{location} ], [ 200, $id, $submitted->{headers}{location} ], 'the same key again: 200, and the same row')
	or diag($again->{text});
fails($rest->request(POST => '/rpc/tv_submit_experiment', { %experiment, params => { %{ $experiment{params} }, seed => 8 } }, token => $ada), 409, '23505', 'the same key for another');
ok($cluster->poll('app', "SELECT status IN ('finished', 'failed') FROM timevmaps.experiments WHERE id = $id"), 'a worker runs it');
my $followed = $rest->request(GET => $submitted->{headers}{location}, undef, token => $ada);
is($followed->{json}[0]{status}, 'finished', 'following Location shows that it has finished') or diag($followed->{text});
is($followed->{json}[0]{progress}, 1, 'its progress is 1');
is_deeply($rest->request(GET => "/rpc/tv_experiment_progress?experiment_id=$id&select=status,fraction,seconds_left")->{json},
	{ status => 'finished', fraction => 1, seconds_left => 0 }, 'and a function tells how far it is');
fails($rest->request(GET => '/rpc/tv_experiment_progress?experiment_id=999999'), 404, 'PT404', 'but not of what is not there');
my $frames = $rest->request(GET => "/frames?experiment_id=eq.$id&order=step&select=step,payload,summary");
cmp_ok(scalar(rows($frames)), '>=', 3, 'its frames are there') or diag($frames->{text});
like($frames->{json}[0]{payload}, qr/^\\x54564631/, 'a payload is hexadecimal and begins with TVF1');
my $result = $rest->request(GET => "/results?experiment_id=eq.$id&select=metrics");
is(ref $result->{json}[0]{metrics}, 'HASH', 'its result is there') or diag($result->{text});
is($rest->request(GET => '/gateways?id=eq.1&select=fidelity')->{json}[0]{fidelity}, 1, 'a circuit without noise has fidelity 1');
$route = $rest->request(GET => '/rpc/tv_plan_route?world_id=1&timeline_id=2&origin_place_id=1&dest_place_id=3&dest_timeline_id=1');
is($route->{json}[0]{eta_seconds}, 410, 'the route from the branch goes through the gateway at its base price') or diag($route->{text});

# Gradients, a sweep, and both again.
my %rotation = (qubits => 1, gates => [ { op => 'RX', target => 0, theta => '$a' } ]);
my $gradient = $rest->request(POST => '/rpc/tv_gradient', { circuit => \%rotation, observable => 'Y', params => { a => 0 } });
is_deeply($gradient->{json}, [ { parameter => 'a', value => 0, gradient => -1 } ], 'a gradient') or diag($gradient->{text});
fails($rest->request(POST => '/rpc/tv_gradient', { circuit => \%rotation, observable => 'Y' }), 400, '22023', 'a gradient without the value');
my $sweep = $rest->request(POST => '/rpc/tv_submit_experiment', { world_id => 1, timeline_id => 1, kind => 'sweep',
	params => { circuit => \%rotation, grid => { a => [ 0, 1, 2 ] }, gradient => \1, options => { observable => 'Z' } } }, token => $ada);
is($sweep->{status}, 202, 'a sweep: 202') or diag($sweep->{text});
my $swept = $sweep->{json}{id};
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $swept"), 'a worker runs it');
$result = $rest->request(GET => "/results?experiment_id=eq.$swept&select=points:metrics->points,best:metrics->observables->0->max->params");
is_deeply($result->{json}, [ { points => [ [0], [1], [2] ], best => { a => 0 } } ], 'its points and the best of them are there') or diag($result->{text});
is(scalar(rows($rest->request(GET => "/frames?experiment_id=eq.$swept&select=step"))), 3, 'and a frame of each');
for my $again ($id, $swept)
{
	my $reproduced = $rest->request(GET => "/rpc/tv_reproduce?experiment_id=$again");
	is(ref $reproduced->{json} eq 'HASH' && $reproduced->{json}{identical}, 1, 'it is reproduced to the last bit') or diag($reproduced->{text});
}
fails($rest->request(GET => '/rpc/tv_reproduce?experiment_id=999999'), 404, 'PT404', 'reproducing what is not there');
$cluster->query('app', "DELETE FROM timevmaps.results WHERE experiment_id = $swept");
fails($rest->request(GET => "/rpc/tv_reproduce?experiment_id=$swept"), 410, 'PT410', 'reproducing what is not kept');

fails($rest->request(POST => '/rpc/tv_cancel_experiment', { id => 999999 }, token => $ada), 404, 'PT404', 'cancelling what is not there');
my $row = $rest->request(POST => '/experiments?select=id,status', { world_id => 1, timeline_id => 1, kind => 'sr', params => { coordinate_seconds => 10, v_mps => 1000 } },
	token => $ada, headers => { Prefer => 'return=representation' });
is($row->{status}, 201, 'a plain row in experiments is the same: 201') or diag($row->{text});
# A request's trace goes with what it submits, by either way.
my $traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
my %traced = (world_id => 1, timeline_id => 1, kind => 'sr', params => { v_mps => 1 });
for my $case ([ '/rpc/tv_submit_experiment?select=params', 202 ], [ '/experiments?select=params', 201 ])
{
	my $answer = $rest->request(POST => $case->[0], \%traced, token => $ada, headers => { Prefer => 'return=representation', traceparent => $traceparent });
	is($answer->{status}, $case->[1], "$case->[0] in a trace") or diag($answer->{text});
	my $made = ref $answer->{json} eq 'ARRAY' ? $answer->{json}[0] : $answer->{json};
	is($made->{params}{'x-traceparent'}, $traceparent, '... keeps it');
}
fails($rest->request(POST => '/rpc/tv_submit_experiment', { world_id => 1, timeline_id => 1, kind => 'magic' }, token => $ada),
	400, '22023', 'an unknown kind');
fails($rest->request(GET => '/rpc/tv_metrics'), 401, '42501', 'metrics without a token');
my $metrics = $rest->request(GET => '/rpc/tv_metrics', undef, token => $admin);
is($metrics->{status}, 200, 'metrics for an administrator: 200') or diag($metrics->{text});
$metrics = $rest->request(GET => '/rpc/tv_metrics', undef, token => $admin, headers => { Accept =>
	'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1' });
is($metrics->{status}, 200, 'to a client that accepts what Prometheus does: 200') or diag($metrics->{text});
like($metrics->{headers}{'content-type'}, qr{^text/plain}, 'they are plain text');
is_deeply([ TvProm->new($metrics->{text})->problems ], [], 'in the format of Prometheus');

# Every SQLSTATE of docs/errors.md is answered with the status that it says.
open my $page, '<', "$ENV{TV_REPO}/docs/errors.md" or die "docs/errors.md: $!";
my %asked;
while (my $row = <$page>)
{
	my ($codes, $http) = $row =~ /^\|[^|]*\|([^|]*)\|([^|]*)\|$/ or next;
	for my $code ($codes =~ /`([0-9A-Z]{5})`/g)
	{
		# PGRST is how an error brings an answer of its own with it: token.pl asks for those.
		next if $asked{"$code $http"}++ || $http =~ /never/ || $code eq 'PGRST';
		my @statuses = $http =~ /\b(\d{3})\b/g;
		my ($without, $with) = @statuses[ 0, -1 ];
		is($rest->request(POST => '/rpc/raise', { code => $code })->{status}, $without, "$code: $without");
		is($rest->request(POST => '/rpc/raise', { code => $code }, token => $ada)->{status}, $with, "$code with a token: $with");
	}
}
cmp_ok(scalar keys %asked, '>', 20, 'SQLSTATEs were asked for');
done_testing();

sub rows
{
	my ($answer) = @_;
	return @{ $answer->{json} } if ref $answer->{json} eq 'ARRAY';
	diag($answer->{text});
	return;
}
