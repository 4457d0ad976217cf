# Quotas over HTTP: what the anonymous may, and 429 with Retry-After where one is used up.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'roles') or diag($err);
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, owner) VALUES (1, 'one', 'timevmaps|ada');
	INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'timevmaps|bob', 'analyst');
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
	SELECT timevmaps.tv_set_quota('timevmaps|ada', 'experiments_queued', 2);
});
my $rest = TvRest->new($cluster, 'app');
my ($ada, $bob) = map { $rest->token(role => 'tv_analyst', sub => $_) } 'ada', 'bob';
my $admin = $rest->token(role => 'tv_admin', sub => 'root');

# Circuits: 21 qubits are 32 MB, 22 are 64 MB and a bit besides.
sub state
{
	my ($qubits) = @_;
	return { circuit => { qubits => $qubits, gates => [ map { { op => 'RX', target => $_, theta => 0.3 } } 0, $qubits - 1 ] } };
}
sub circuit { return $rest->request(POST => '/rpc/tv_run_circuit', state($_[0]), token => $_[1]) }
my $refused = circuit(23);
is($refused->{status}, 413, 'the anonymous run small circuits') or diag($refused->{text});
like($refused->{json}{details}, qr/the limit is 67108864/, 'of 64 MB');
is(circuit(20)->{status}, 200, 'but they do');
is(circuit(23, $rest->token(role => 'tv_player', sub => 'eve'))->{status}, 200, 'a player more');
is_deeply({ map { $_->{kind} => $_->{amount} } @{ $rest->request(GET => '/rpc/tv_quotas')->{json} } },
	{ circuit_memory => 67108864, experiments_queued => undef, experiment_seconds => undef, graph_files => undef, frames_per_hour => undef, positions_per_hour => undef }, 'tv_quotas() tells them');

# The queue.
my %experiment = (world_id => 1, timeline_id => 1, kind => 'sr', params => { v_mps => 1 });
for my $way (
	[ '/rpc/tv_submit_experiment', 202 ],
	[ '/experiments', 201 ])
{
	my ($path, $done) = @$way;
	is($rest->request(POST => $path, \%experiment, token => $ada)->{status}, $done, "$path: $done");
}
for my $path ('/rpc/tv_submit_experiment', '/experiments')
{
	my $full = $rest->request(POST => $path, \%experiment, token => $ada);
	is($full->{status}, 429, "$path: 429 where the quota is used up") or diag($full->{text});
	like($full->{headers}{'retry-after'}, qr/^[1-9]\d*$/, "$path: Retry-After");
	is_deeply($full->{json}, { code => '53400', message => 'a quota is used up', details => 'experiments_queued: 3 used, 2 allowed.',
		hint => 'Try again later, or ask an administrator for more.' }, "$path: the body is as of any error") or diag($full->{text});
}
is($rest->request(POST => '/experiments', \%experiment, token => $bob)->{status}, 201, 'it is not the session that is full: another goes on');
is($cluster->query('app', 'SELECT count(*) FROM timevmaps.experiments'), 3, 'nothing is half done');
my ($row) = grep { $_->{kind} eq 'experiments_queued' } @{ $rest->request(GET => '/rpc/tv_quotas', undef, token => $ada)->{json} };
is_deeply($row, { kind => 'experiments_queued', amount => 2, used => 2, more_at => undef }, 'tv_quotas() counts for who asks');

# Administering.
for my $path ('/quotas', '/quota_usage')
{
	is($rest->request(GET => $path)->{status}, 401, "$path is not for the anonymous");
	is($rest->request(GET => $path, undef, token => $ada)->{status}, 403, "$path is not for analysts");
	is($rest->request(GET => $path, undef, token => $admin)->{status}, 200, "$path is for administrators");
}
my %quota = (grantee => 'timevmaps|ada', kind => 'experiments_queued', amount => 3);
is($rest->request(POST => '/rpc/tv_set_quota', \%quota, token => $ada)->{status}, 403, 'nobody gives himself more');
is($rest->request(POST => '/rpc/tv_set_quota', \%quota, token => $admin)->{status}, 204, 'an administrator does');
is($rest->request(POST => '/experiments', \%experiment, token => $ada)->{status}, 201, 'and it holds at once');
is($rest->request(POST => '/experiments', { %experiment, priority => 1 }, token => $admin)->{status}, 201, 'an administrator puts one before others');
is($rest->request(POST => '/experiments', { %experiment, priority => 1 }, token => $bob)->{status}, 403, 'nobody else does');

# A setting that a client makes in a session of his own makes no answer of HTTP of it.
$cluster->query('app', q{CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann; INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'ann', 'analyst');
	SELECT timevmaps.tv_set_quota('ann', 'experiments_queued', 0)});
is($cluster->sqlstate('app', q{SET SESSION AUTHORIZATION ann; SET request.method = 'POST'; SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')}), '53400',
	'in SQL it is 53400');
done_testing();
