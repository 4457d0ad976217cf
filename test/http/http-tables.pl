# Tables over HTTP: worlds and places as JSON and GeoJSON, who may write, and the
# statuses and bodies of what goes wrong.
use strict;
use warnings;
use Test::More;
use TvContract qw(@made @further @procedures);
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app',
	('-f', "$ENV{TV_REPO}/http/roles.sql") x 2);
is($status, 0, 'http/roles.sql runs, and runs again') or diag($err);
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'open', 'public', 'timevmaps|ada'), (2, 'secret', 'private', 'timevmaps|ada');
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
	INSERT INTO timevmaps.places (id, world_id, name, lat, lon) VALUES (1, 1, 'a', 57.7, 11.9), (2, 1, 'b', 57.71, 11.95), (3, 2, 'c', 0, 0);
	SELECT setval(pg_get_serial_sequence('timevmaps.places', 'id'), 100);
	SELECT setval(pg_get_serial_sequence('timevmaps.worlds', 'id'), 100);
});
my $rest = TvRest->new($cluster, 'app');

# Reading without a token.
my $answer = $rest->request(GET => '/worlds?select=id,name&order=id');
is($answer->{status}, 200, 'worlds: 200');
is_deeply($answer->{json}, [ { id => 1, name => 'open' } ], 'worlds: only the public one shows');
$answer = $rest->request(GET => '/places?order=id');
is_deeply([ map { $_->{name} } @{ $answer->{json} } ], [ 'a', 'b' ], 'places: those of public worlds');
is_deeply([ @{ $answer->{json}[0]{geom} }{qw(type coordinates)} ], [ 'Point', [ 11.9, 57.7 ] ], 'a geometry is GeoJSON');
$answer = $rest->request(GET => '/places?order=id', undef, headers => { Accept => 'application/geo+json' });
is($answer->{json}{type}, 'FeatureCollection', 'places as a GeoJSON feature collection');
is($answer->{json}{features}[1]{properties}{name}, 'b', 'with their columns as properties');
$answer = $rest->request(GET => '/worlds?select=name,timelines(label)&id=eq.1');
is_deeply($answer->{json}, [ { name => 'open', timelines => [ { label => 'main' } ] } ], 'timelines embed in their world');

# OpenAPI from the comments in the catalog.
$answer = $rest->request(GET => '/');
is($answer->{json}{definitions}{places}{description}, 'A place of a world: a node of the network, in every timeline.',
	'the OpenAPI description carries the comments');
is($answer->{json}{info}{title}, 'timevmaps', '... and the schema\'s as its title');

# Of functions it shows those of the schema that the caller may call: no procedure, and nobody is granted tv_init().
my @beyond_players = split /\n/, $cluster->query('app', "SELECT function FROM timevmaps_internal.tv_execute_list() GROUP BY 1 HAVING 'tv_player' <> ALL (array_agg(role::text))");
cmp_ok(scalar @beyond_players, '>', 10, 'there are functions that are not for everybody');
for my $case ([ undef, @beyond_players ], [ $rest->token(role => 'tv_admin', sub => 'root') ])
{
	my ($token, @not_granted) = @$case;
	my %without = map { $_ => 1 } @procedures, 'tv_init', @not_granted;
	$answer = $rest->request(GET => '/', undef, token => $token);
	is_deeply([ sort map { m{^/rpc/(.*)} ? $1 : () } keys %{ $answer->{json}{paths} } ], [ grep { !$without{$_} } sort @made, @further ],
		'the root shows what the contract and docs/api.md have' . ($token ? ', to an administrator' : ''));
}

# Who may write.
$answer = $rest->request(POST => '/worlds', { name => 'mine' });
is($answer->{status}, 401, 'writing without a token: 401');
is($answer->{json}{code}, '42501', '401 carries 42501');
my $player = $rest->token(role => 'tv_player', sub => 'bob');
$answer = $rest->request(POST => '/worlds', { name => 'mine' }, token => $player);
is($answer->{status}, 403, 'writing as a player: 403');
is($answer->{json}{code}, '42501', '403 carries 42501');
my $ada = $rest->token(role => 'tv_analyst', sub => 'ada');
my $eve = $rest->token(role => 'tv_analyst', sub => 'eve');
$answer = $rest->request(GET => '/worlds?select=name&order=id', undef, token => $ada);
is_deeply($answer->{json}, [ { name => 'open' }, { name => 'secret' } ], 'a member sees the private world');
$answer = $rest->request(POST => '/places', { world_id => 1, name => 'new', lat => 1, lon => 2 }, token => $eve);
is($answer->{status}, 403, 'an analyst who does not belong to the world: 403');
$answer = $rest->request(POST => '/places', { world_id => 1, name => 'new', lat => 1, lon => 2 }, token => $ada,
	headers => { Prefer => 'return=representation' });
is($answer->{status}, 201, 'an editor of the world makes a place: 201');
is($answer->{json}[0]{geom}{coordinates}[0], 2, 'and gets it back');
$answer = $rest->request(GET => '/worlds?select=id', undef, token => $rest->token(role => 'postgres', sub => 'eve'));
isnt($answer->{status}, 200, 'a token cannot name a role outside');
$answer = $rest->request(GET => '/worlds?select=id', undef, token => substr($ada, 0, -3) . 'AAA');
is($answer->{status}, 401, 'a forged token: 401');
$answer = $rest->request(GET => '/worlds?select=id', undef, token => $rest->token(role => 'tv_analyst', sub => 'ada', exp => 1));
is($answer->{status}, 401, 'an expired token: 401');

# What goes wrong, as the contract has it.
sub fails
{
	my ($method, $path, $body, $http, $code, $what) = @_;
	my $answer = $rest->request($method, $path, $body, token => $ada);
	is($answer->{status}, $http, "$what: $http");
	is(ref $answer->{json} eq 'HASH' ? $answer->{json}{code} : $answer->{text}, $code, "$what: $code");
	return $answer;
}
fails(POST => '/worlds', { name => 'open' }, 409, '23505', 'a name that is taken');
fails(POST => '/places', { world_id => 1, lat => 91, lon => 0 }, 400, '23514', 'a latitude of 91');
fails(POST => '/segments', { world_id => 1, a_place_id => 1, b_place_id => 3, length_m => 1, speed_kph => 1 },
	409, '23503', 'a segment into another world');
$answer = fails(POST => '/worlds', { name => 'odd', rules => { clok => 'local' } }, 400, '22023', 'an unknown rule');
like($answer->{json}{message}, qr/clok/, 'the message names the path');
like(($answer->{json}{details} // '') . ($answer->{json}{hint} // ''), qr/clock/, 'and the known rules are listed');
$answer = $rest->request(GET => '/nowhere');
is($answer->{status}, 404, 'a table that is not there: 404');
for my $token (undef, $player, $ada, $rest->token(role => 'tv_admin', sub => 'root'))
{
	is($rest->request(GET => '/rpc/tv_migrations', undef, token => $token)->{status}, 404, 'internal functions are not to be found');
	is($rest->request(GET => '/rpc/tv_migrations', undef, token => $token, headers => { 'Accept-Profile' => 'timevmaps_internal' })->{status}, 406, 'nor by their schema');
}
done_testing();
