# How many rows there are is told of those that one sees, by counting them: the planner's estimates know of all.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
my ($failed, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($failed, 0, 'roles') or diag($err);
# More than db-max-rows, below which count=estimated counts.
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'open', 'public', 'timevmaps|ada'), (2, 'hers', 'private', 'timevmaps|ada');
	INSERT INTO timevmaps.places (world_id, name, lat, lon) SELECT 1, 'p' || i, 0, 0 FROM generate_series(1, 11000) i;
	INSERT INTO timevmaps.places (world_id, name, lat, lon) SELECT 2, 'hidden', 50, 0 FROM generate_series(1, 1234) i;
	ANALYZE});
my $rest = TvRest->new($cluster, 'app');
my %token = (nobody => undef, (map { $_ => $rest->token(role => 'tv_analyst', sub => $_) } qw(ada eve)), kim => $rest->token(role => 'tv_player', sub => 'kim'),
	root => $rest->token(role => 'tv_admin', sub => 'root'));

# The status, and what is said of how many there are.
sub told
{
	my ($who, $prefer, $path) = @_;
	my $answer = $rest->request(GET => $path, undef, token => $token{$who}, headers => { Prefer => "count=$prefer" });
	return join ' ', $answer->{status}, ($answer->{headers}{'content-range'} // '') =~ m{/(.*)}, ref $answer->{json} eq 'HASH' ? $answer->{json}{code} : ();
}
my %refused = (nobody => 401, kim => 403, eve => 403, ada => 403);
for my $who (sort keys %refused)
{
	for my $path ('/places?select=id&world_id=eq.2&limit=1', '/places?select=id&name=eq.hidden&limit=1', '/places?select=id&lat=gt.40&limit=1', '/worlds?select=id')
	{
		is(told($who, 'planned', $path), "$refused{$who} 42501", "$who is told no estimate of $path");
	}
	is(told($who, 'estimated', '/places?select=id&limit=1'), "$refused{$who} 42501", "... nor one in place of a count");
}
is(told($_, 'exact', '/places?select=id&world_id=eq.2&limit=1'), $_ eq 'ada' ? '206 1234' : '200 0', "$_ counts what there is for him") for sort keys %refused;
is(told('nobody', 'exact', '/places?select=id&limit=1'), '206 11000', '... of all worlds');
is(told('nobody', 'estimated', '/worlds?select=id&limit=1'), '200 1', 'what is counted in place of an estimate is told');
like(told('root', 'planned', '/places?select=id&world_id=eq.2&limit=1'), qr/^206 \d+$/, 'an administrator, who sees all, is told estimates');
# PostgREST hands on one of two headers of a name, and follows both.
my (undef, $text) = TvCluster::capture('curl', '-sS', '--unix-socket', $rest->socket, '-H', 'Prefer: count=planned', '-H', 'Prefer: handling=lenient',
	'http://localhost/places?select=id&world_id=eq.2');
like($text, qr/"42501"/, 'whatever else the request prefers');

# In SQL a login explains, as everywhere in PostgreSQL; one that speaks for tokens does not.
$cluster->query('app', 'CREATE ROLE ann LOGIN; GRANT tv_player TO ann');
is($cluster->sqlstate('app', 'SET SESSION AUTHORIZATION ann; SELECT timevmaps.tv_sees_world(1); EXPLAIN SELECT FROM timevmaps.places'), '', 'a login explains');
my $as_server = 'SET SESSION AUTHORIZATION tv_authenticator; SET ROLE tv_player; SELECT timevmaps.tv_sees_world(1);';
is($cluster->sqlstate('app', "$as_server EXPLAIN SELECT FROM timevmaps.places"), '42501', 'who speaks for tokens does not');
is($cluster->sqlstate('app', "$as_server PREPARE p AS SELECT FROM timevmaps.places; EXPLAIN EXECUTE p"), '42501', '... nor a prepared statement');
done_testing();
