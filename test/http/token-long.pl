# Requests that nobody waits for any more go on in PostgREST's pool of connections. Those of all who send no token leave room for who
# sends one, and those of one for others; what takes milliseconds is answered beside them.
# test/run: calm
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
my ($failed, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($failed, 0, 'roles') or diag($err);
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'open');
	CREATE FUNCTION timevmaps.slow(seconds float) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT ''done'' FROM pg_sleep(seconds)';
	REVOKE ALL ON FUNCTION timevmaps.slow(float) FROM PUBLIC;
	GRANT EXECUTE ON FUNCTION timevmaps.slow(float) TO tv_player});
my $rest = TvRest->new($cluster, 'app');
my %token = map { $_ => $rest->token(role => 'tv_player', sub => $_) } qw(bob eve);

# Programs that give up after 0.3 s.
my @abandoned;
sub abandon
{
	my ($count, $seconds, $token) = @_;
	for (1 .. $count)
	{
		my $pid = fork() // die "fork: $!";
		if (!$pid)
		{
			open STDOUT, '>', '/dev/null';
			open STDERR, '>', '/dev/null';
			exec 'curl', '-s', '--max-time', '0.3', '--unix-socket', $rest->socket, '-H', 'Content-Type: application/json', $token ? ('-H', "Authorization: Bearer $token") : (),
				'-d', qq({"seconds": $seconds}), 'http://localhost/rpc/slow' or POSIX::_exit(127);
		}
		push @abandoned, $pid;
	}
	waitpid $_, 0 for splice @abandoned;
	return;
}
sub timed { my ($path, $token) = @_; my $began = time; my $answer = $rest->request(GET => $path, undef, token => $token); return (time - $began, $answer) }
my $working = q{SELECT count(*) FROM pg_stat_activity WHERE usename = 'tv_authenticator' AND state = 'active' AND query ~ 'slow'};

my ($seconds, $answer) = timed('/worlds?select=id', $token{bob});
is($answer->{text}, '[{"id":1}]', sprintf 'a player is answered, in %.2f s', $seconds);
is($rest->request(POST => '/rpc/slow', { seconds => 0.6 })->{json}, 'done', 'who sends no token may take his time');

abandon(20, 60);
cmp_ok($cluster->query('app', $working), '>=', 5, 'nobody waits for them, and they go on');
($seconds, $answer) = timed('/worlds?select=id', $token{bob});
is($answer->{text}, '[{"id":1}]', 'beside 20 of them a player is answered');
cmp_ok($seconds, '<', 2, sprintf '... in %.2f s', $seconds);
is($rest->request(POST => '/rpc/slow', { seconds => 0.6 }, token => $token{bob})->{json}, 'done', '... and may take his time');
ok($cluster->poll('app', "SELECT (SELECT sum(count) FROM ($working) w (count)) = 5", 5), 'five go on, and the others have ended');
($seconds, $answer) = timed('/worlds?select=id');
is($answer->{text}, '[{"id":1}]', sprintf 'who sends no token is answered what takes milliseconds, in %.2f s', $seconds);
$answer = $rest->request(POST => '/rpc/slow', { seconds => 0.6 });
is("$answer->{status} $answer->{json}{code}", '500 57014', '... and has no more time than that');

# They end, and there is room again.
ok($cluster->poll('app', "SELECT (SELECT sum(count) FROM ($working) w (count)) = 0", 20), 'those five end with the time of who sends no token');
is($rest->request(POST => '/rpc/slow', { seconds => 0.6 })->{json}, 'done', 'the next may take his time again');

# One identity is as all who have none.
abandon(20, 8, $token{eve});
($seconds, $answer) = timed('/worlds?select=id', $token{bob});
is($answer->{text}, '[{"id":1}]', 'beside 20 of one player another is answered');
cmp_ok($seconds, '<', 2, sprintf '... in %.2f s', $seconds);
is($rest->request(POST => '/rpc/slow', { seconds => 0.6 })->{json}, 'done', '... and who sends no token may take his time');
$answer = $rest->request(POST => '/rpc/slow', { seconds => 0.6 }, token => $token{eve});
is("$answer->{status} $answer->{json}{code}", '500 57014', '... but she may not');
done_testing();
