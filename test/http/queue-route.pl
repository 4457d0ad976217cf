# A route as an experiment, over HTTP: its events, its result and the route that is stored hold together; one that leads nowhere fails,
# one that is cancelled while its graph is built leaves nothing; and experiments are an administrator's to remove.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'roles') or diag($err);

# 1 - 2 - 3, and 4 apart; and a large network, whose graph takes its time.
my $side = 250;
$cluster->query('app', qq{
	INSERT INTO timevmaps.worlds (id, name, owner) VALUES (1, 'line', 'timevmaps|ada'), (2, 'grid', 'timevmaps|ada');
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
	INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0.01, 0), (3, 1, 0.01, 0.01), (4, 1, 1, 1);
	INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 36), (1, 2, 3, 2000, 36);
	INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1000 + y * $side + x, 2, y / 1000.0, x / 1000.0 FROM generate_series(0, $side - 1) x, generate_series(0, $side - 1) y;
	INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
		SELECT 2, 1000 + y * $side + x, 1000 + y * $side + x + 1, 100, 36 FROM generate_series(0, $side - 2) x, generate_series(0, $side - 1) y
		UNION ALL SELECT 2, 1000 + y * $side + x, 1000 + (y + 1) * $side + x, 100, 36 FROM generate_series(0, $side - 1) x, generate_series(0, $side - 2) y});
my $rest = TvRest->new($cluster, 'app');
my ($ada, $admin) = map { $rest->token(role => "tv_$_->[0]", sub => $_->[1]) } [ analyst => 'ada' ], [ admin => 'root' ];
sub rows { return ref $_[0]{json} eq 'ARRAY' ? @{ $_[0]{json} } : () }
sub submit { my ($world, $from, $to) = @_; return $rest->request(POST => '/rpc/tv_submit_experiment', { world_id => $world, timeline_id => $world, kind => 'route', params => { origin_place_id => $from, dest_place_id => $to } }, token => $ada) }
sub ended { return $cluster->poll('app', "SELECT status IN ('finished', 'failed', 'cancelled') FROM timevmaps.experiments WHERE id = $_[0]") }
# What the log has of an experiment: type, attempt and what else it says.
sub told
{
	my ($world, $id) = @_;
	my $events = $rest->request(GET => "/rpc/tv_events_since?timeline_id=$world&cursor=", undef, token => $ada);
	return map { { type => $_->{type}, attempt => $_->{attempt}, %{ $_->{data} } } } grep { defined $_->{subject} && $_->{subject} == $id } rows($events);
}

my $submitted = submit(1, 1, 3);
is($submitted->{status}, 202, 'a route is asked for: 202') or diag($submitted->{text});
my $id = $submitted->{json}{id};
ok(ended($id), 'a worker plans it');
is_deeply($rest->request(GET => $submitted->{headers}{location}, undef, token => $ada)->{json}, [ { id => $id, kind => 'route', status => 'finished', progress => 1, error => undef } ],
	'Location says that it has finished');
my ($result) = rows($rest->request(GET => "/results?experiment_id=eq.$id&select=metrics,artifacts", undef, token => $ada));
my $route = $result->{metrics}{route_id};
is($result->{artifacts}{route_id}, $route, 'its result names the route');
my ($stored) = rows($rest->request(GET => "/route_plans?id=eq.$route", undef, token => $ada));
my ($planned) = rows($rest->request(GET => '/rpc/tv_plan_route?world_id=1&timeline_id=1&origin_place_id=1&dest_place_id=3', undef, token => $ada));
is_deeply($stored->{path_place_ids}, [ 1, 2, 3 ], 'which is stored, with its way');
is_deeply([ map { $stored->{$_} } grep { $_ ne 'created_at' } sort keys %$planned ], [ map { $planned->{$_} } grep { $_ ne 'created_at' } sort keys %$planned ], 'as it is planned');
is_deeply([ map { $result->{metrics}{$_} } qw(distance_m eta_seconds) ], [ map { $stored->{$_} } qw(distance_m eta_seconds) ], 'and its numbers are the result\'s');
my @told = told(1, $id);
is_deeply([ map { $_->{type} } @told ], [ qw(tv_experiment_submitted tv_route_requested tv_route_computed tv_sim_finished) ], 'the log has it from submission to end')
	or diag explain \@told;
is_deeply([ map { $_->{attempt} } @told ], [ 0, 1, 1, 1 ], '... by attempts');
is($told[2]{route_id}, $route, '... with the route');
is($told[3]{status}, 'finished', '... and the status');

$id = submit(1, 1, 4)->{json}{id};
ok(ended($id), 'a route to where no way leads ends');
my ($failed) = rows($rest->request(GET => "/experiments?id=eq.$id&select=status,error,attempts", undef, token => $ada));
is_deeply([ @$failed{qw(status attempts)}, @{ $failed->{error} }{qw(sqlstate message detail)} ], [ 'failed', 1, 'PT404', 'no such route', 'No way leads from place 1 to place 4.' ],
	'it fails at once, and says why');
@told = told(1, $id);
is_deeply([ map { $_->{type} } @told ], [ qw(tv_experiment_submitted tv_route_requested tv_error tv_sim_finished) ], '... in the log, too') or diag explain \@told;
is_deeply([ $told[2]{sqlstate}, $told[3]{status} ], [ 'PT404', 'failed' ], '... with its SQLSTATE');

# A network that nobody has asked of yet.
my $far = 1000 + $side * $side - 1;
$id = submit(2, 1000, $far)->{json}{id};
ok($cluster->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $id"), 'a route over a large network is begun');
is($rest->request(POST => '/rpc/tv_cancel_experiment', { id => $id }, token => $ada)->{json}{status}, 'cancelled', 'and cancelled while its graph is built');
ok($cluster->poll('app', "SELECT bool_and(state = 'idle') FROM timevmaps.tv_worker_status()", 5), 'its worker stops');
is_deeply([ map { $_->{type} } told(2, $id) ], [ qw(tv_experiment_submitted tv_route_requested tv_sim_finished) ], 'no route is told');
is_deeply($rest->request(GET => '/route_plans?world_id=eq.2', undef, token => $ada)->{json}, [], 'nor stored');
is($rest->request(POST => '/rpc/tv_retry_experiment', { id => $id }, token => $ada)->{json}{status}, 'queued', 'it is tried again');
ok(ended($id), 'and ends');
@told = told(2, $id);
is_deeply([ map { "$_->{type} $_->{attempt}" } @told[ -3 .. -1 ] ], [ 'tv_route_requested 2', 'tv_route_computed 2', 'tv_sim_finished 2' ], 'as a second attempt') or diag explain \@told;
is(scalar(rows($rest->request(GET => '/route_plans?world_id=eq.2&select=id', undef, token => $ada))), 1, 'with one route');

# Many at once, of which some were queued before.
sub many
{
	my $answer = $rest->request(POST => '/experiments?on_conflict=world_id,submitted_by,idempotency_key&select=idempotency_key',
		[ map { { world_id => 1, timeline_id => 1, kind => 'sr', params => { v_mps => 1 }, idempotency_key => $_ } } @_ ],
		token => $ada, headers => { Prefer => 'resolution=ignore-duplicates, return=representation' });
	return "$answer->{status} " . join ' ', map { $_->{idempotency_key} } @{ $answer->{json} };
}
is(many('a', 'b'), '201 a b', 'two experiments at once');
is(many('b', 'c'), '201 c', '... and again, of which one is new');

# Removing experiments is the administrator's, and an event.
is($rest->request(DELETE => "/experiments?id=eq.$id", undef, token => $ada)->{status}, 403, 'who submitted an experiment cannot remove it');
is($rest->request(DELETE => "/experiments?id=eq.$id", undef, token => $admin)->{status}, 204, 'an administrator can');
is_deeply($rest->request(GET => "/results?experiment_id=eq.$id", undef, token => $ada)->{json}, [], 'its result goes with it');
is(scalar(rows($rest->request(GET => '/route_plans?world_id=eq.2&select=id', undef, token => $ada))), 1, 'the route that it has stored does not');
@told = told(2, $id);
is("$told[-1]{type} $told[-1]{attempt}", 'tv_experiment_removed 2', 'and the log says so');
done_testing();
