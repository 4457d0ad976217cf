# What a client may send: documents that are none, too deep, too long, or with numbers that are none;
# and what is not its own. Every answer has the status that docs/errors.md says, and the server lives on.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'roles') or diag($err);
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'hers', 'private', 'timevmaps|ada'), (2, 'public', 'public', 'timevmaps|ada');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
SQL
my $rest = TvRest->new($cluster, 'app');
my $ada = $rest->token(role => 'tv_analyst', sub => 'ada');
my $eve = $rest->token(role => 'tv_analyst', sub => 'eve');
my $started = $cluster->query('app', 'SELECT pg_postmaster_start_time()');

# ------------------------------------------------------------------- documents

my $one = '{"qubits": 1, "gates": [{"op": "H", "target": 0}]}';
my $x = 'x' x 3_000_000;
for my $case (
	[ 200, '', "{\"circuit\": $one}" ],
	[ 200, '', "{\"circuit\": {\"qubits\": 7, \"qubits\": 1, \"gates\": 3, \"gates\": []}}", 'the last of two keys counts' ],
	[ 200, '', "{\"circuit\": {\"qubits\": 1, \"gates\": [{\"op\": \"RX\", \"target\": -0, \"theta\": -0.0}]}}", '-0' ],
	[ 400, 'PGRST102', '{"circuit": ' ],
	[ 400, 'PGRST102', '{"circuit": {"qubits": NaN, "gates": []}}' ],
	[ 400, 'PGRST102', '{"circuit": {"qubits": Infinity, "gates": []}}' ],
	[ 400, 'PGRST102', '{"circuit": {"qubits": 1, "name": "\ud800", "gates": []}}' ],
	[ 400, '22P05', '{"circuit": {"qubits": 1, "name": "\u0000", "gates": []}}' ],
	[ 400, '22023', '{"circuit": {"qubits": 1e400, "gates": []}}' ],
	[ 400, '22023', '{"circuit": {"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": 1e400}]}}' ],
	[ 400, '22023', '{"circuit": {"qubits": 1, "gates": [{"op": "U", "target": 0, "theta": 0, "phi": 1e308, "lambda": 1e308}]}}' ],
	[ 400, '22023', '{"circuit": {"qubits": 0, "gates": []}}' ],
	[ 400, '22023', '{"circuit": ""}' ],
	[ 400, '22023', '{"circuit": {"": 1}}' ],
	[ 400, '22023', "{\"circuit\": {\"qubits\": 1, \"gates\": [{\"op\": \"$x\", \"target\": 0}]}}", '3 MB of a name' ],
	[ 400, '22023', "{\"circuit\": {\"qubits\": 1, \"gates\": [], \"$x\": 1}}", '3 MB of a key' ],
	[ 400, '22023', "{\"circuit\": $one, \"shots\": -1}" ],
	[ 400, '22023', "{\"circuit\": $one, \"options\": []}" ],
	[ 413, '54001', '{"circuit": ' . '[' x 200_000 . ']' x 200_000 . '}', '200,000 lists in each other' ],
	[ 413, 'PT413', '{"circuit": {"qubits": 1024, "gates": [{"op": "T", "target": 0}]}}' ],
)
{
	my ($http, $code, $body, $what) = @$case;
	my $answer = $rest->request(POST => '/rpc/tv_run_circuit', $body);
	$what //= $body;
	is($answer->{status}, $http, "$what: $http") or diag(substr $answer->{text}, 0, 500);
	is($answer->{json}{code}, $code, "$what: $code") if $code;
	cmp_ok(length $answer->{text}, '<', 4000, "$what: a short answer");
}
for my $payload ('\x', 'TVF1', '\x54564631010001000100000001000000ffffffffffffffff', '\x54564631' . 'f' x 40)
{
	my $answer = $rest->request(POST => '/rpc/tv_frame_amplitudes', { payload => $payload });
	is("$answer->{status} $answer->{json}{code}", '400 22023', "payload '$payload'") or diag($answer->{text});
}

# ---------------------------------------------------------- what is not one's own

sub submit { my ($token, $world, $kind, $params) = @_; return $rest->request(POST => '/rpc/tv_submit_experiment', { world_id => $world, timeline_id => $world, kind => $kind, params => $params }, token => $token) }
my $circuit = { qubits => 1, gates => [ { op => 'H', target => 0 } ] };
my %id;
for my $world (1, 2) { $id{$world} = submit($ada, $world, 'quantum', { circuit => $circuit, shots => 10 })->{json}{id} }
ok($cluster->poll('app', "SELECT count(*) = 2 FROM timevmaps.experiments WHERE status = 'finished'"), 'two experiments run');
is($rest->request(POST => '/rpc/tv_reproduce', { experiment_id => $id{1} }, token => $ada)->{json}{identical}, JSON::PP::true(), 'the owner runs hers again');

for my $who ([ nobody => undef, 401 ], [ eve => $eve, 403 ])
{
	my ($name, $token, $forbidden) = @$who;
	my $as = sub { my ($method, $path, $body) = @_; return $rest->request($method, $path, $body, token => $token) };
	for my $table ("experiments?id=eq.$id{1}&select=id", "results?experiment_id=eq.$id{1}", "frames?experiment_id=eq.$id{1}")
	{
		is($as->(GET => "/$table")->{text}, '[]', "$name does not see $table");
	}
	isnt($as->(GET => "/frames?experiment_id=eq.$id{2}")->{text}, '[]', "$name sees what is public");
	is($as->(GET => "/frames_0?experiment_id=eq.$id{1}")->{status}, $forbidden, "$name: nor through the partition");
	is($as->(POST => '/rpc/tv_reproduce', { experiment_id => $id{1} })->{status}, 404, "$name cannot run it again");
	is($as->(POST => '/rpc/tv_reproduce', { experiment_id => $id{2} })->{json}{identical}, JSON::PP::true(), "$name can where it is public");
	is($as->(POST => '/results', { experiment_id => $id{2}, world_id => 2 })->{status}, $forbidden, "$name writes no results");
	is($as->(DELETE => "/circuits")->{status}, $forbidden, "$name deletes no circuits");
	is($as->(POST => '/rpc/tv_apply_retention', { before => '2100-01-01' })->{status}, $forbidden, "$name drops nothing");
}
is(submit($eve, 1, 'quantum', { circuit => $circuit })->{status}, 404, 'a world that one does not see');
is(submit($eve, 2, 'quantum', { circuit => $circuit })->{status}, 403, 'one that is not to be edited');
is($rest->request(POST => '/experiments', { world_id => 2, timeline_id => 2, kind => 'sr', submitted_by => 'timevmaps|ada' }, token => $eve)->{status}, 403, 'nor in her name');
is($rest->request(POST => '/rpc/tv_cancel_experiment', { id => $id{1} }, token => $eve)->{status}, 404, 'what one does not see is not cancelled');
is(submit($ada, 2, 'sweep', { circuit => $circuit, grid => { a => [1] } })->{status}, 400, 'a sweep over what is not there');
is(submit($ada, 2, 'sweep', { circuit => $circuit, grid => { a => { from => 0, to => 1, count => 1e6 }, b => { from => 0, to => 1, count => 1e6 } } })->{status}, 400, 'or over 10^12 points');
is(submit($ada, 2, 'x' x 1_000_000, {})->{status}, 400, 'a kind of a million letters');
is(submit($ada, 2, 'quantum', { circuit => 'x' x 1_000_000 })->{status}, 400, 'a circuit of that name');

# A token is made without telling the secret to another program, whose command line everybody could read.
my $secret = q{it's a "secret"};
my ($made, $token) = TvCluster::capture('env', '-i', 'PATH=/nowhere', "PGRST_JWT_SECRET=$secret", "$ENV{TV_REPO}/http/token", 'tv_player', 'bob', '60');
is($made, 0, 'http/token runs no other program');
my ($signed, $signature) = $token =~ /\A(.*)\.(.*)\n\z/;
is($signature, MIME::Base64::encode_base64url(Digest::SHA::hmac_sha256($signed, $secret)), 'and signs what it prints');
my $claims = JSON::PP::decode_json(MIME::Base64::decode_base64url((split /\./, $signed)[1]));
ok(abs($claims->{exp} - time - 60) <= 5, 'it holds for as long as it was asked for');
is("@$claims{qw(iss aud role sub)}", 'timevmaps timevmaps tv_player bob', 'and says who that is, by whom and for whom');

is($cluster->query('app', 'SELECT pg_postmaster_start_time()'), $started, 'the server has not been restarted');
unlike($cluster->log_text, qr/terminated by signal/, 'and no process has crashed');
done_testing();
