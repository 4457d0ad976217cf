# Zones over HTTP: drawn by a function and by rows, refused with the place, and asked for.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
$cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'open', 'public', 'timevmaps|ada'), (2, 'secret', 'private', 'timevmaps|eve');
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
	INSERT INTO timevmaps.layers (id, world_id, name, kind, exclusive) VALUES (1, 1, 'lands', 'territory', true), (2, 2, 'lands', 'territory', true)});
my $rest = TvRest->new($cluster, 'app');
my $ada = $rest->token(role => 'tv_analyst', sub => 'ada');
my $bob = $rest->token(role => 'tv_player', sub => 'bob');
sub square { my ($x, $y, $size) = @_; return [ [ $x, $y ], [ $x + $size, $y ], [ $x + $size, $y + $size ], [ $x, $y + $size ], [ $x, $y ] ] }

# Drawn by the function.
my $answer = $rest->request(POST => '/rpc/tv_draw_zone', { layer_id => 1, name => 'North', area => { type => 'Polygon', coordinates => [ square(11, 57, 1) ] } }, token => $ada);
is($answer->{status}, 200, 'a zone is drawn');
is($answer->{json}{name}, 'North', '... and told');
my $id = $answer->{json}{id};
is_deeply($answer->{json}{bbox}, [ 11, 57, 12, 58 ], 'with its box');
is($answer->{json}{geom}{type}, 'MultiPolygon', 'as GeoJSON');

# Drawn by a row; over the 180th meridian.
$answer = $rest->request(POST => '/zones', { layer_id => 1, name => 'Edge', geom => { type => 'MultiPolygon', coordinates => [ [ [ [ 170, -10 ], [ -170, -10 ], [ -170, 10 ], [ 170, 10 ], [ 170, -10 ] ] ] ] } },
	token => $ada, headers => { Prefer => 'return=representation' });
is($answer->{status}, 201, 'by a row');
is_deeply($answer->{json}[0]{bbox}, [ 170, -10, -170, 10 ], '... over the 180th meridian');
is(scalar @{ $answer->{json}[0]{geom}{coordinates} }, 2, '... cut in two');

# Refused, with the place.
$answer = $rest->request(POST => '/rpc/tv_draw_zone', { layer_id => 1, name => 'Bow', area => { type => 'Polygon', coordinates => [ [ [ 0, 0 ], [ 2, 2 ], [ 2, 0 ], [ 0, 2 ], [ 0, 0 ] ] ] } }, token => $ada);
is("$answer->{status} $answer->{json}{code} $answer->{json}{details}", '400 22023 Self-intersection at 1 1.', 'what crosses itself is refused');
$answer = $rest->request(POST => '/zones', { layer_id => 1, geom => { type => 'MultiPolygon', coordinates => [ [ [ [ 0, 0 ], [ 2, 2 ], [ 2, 0 ], [ 0, 2 ], [ 0, 0 ] ] ] ] } }, token => $ada);
is("$answer->{status} $answer->{json}{code} $answer->{json}{details}", '400 22023 Self-intersection at 1 1.', '... by a row as well');
$answer = $rest->request(POST => '/rpc/tv_draw_zone', { layer_id => 1, name => 'x', area => { type => 'Polygon', coordinates => [ square(0, 0, 1) ] } }, token => $bob);
is($answer->{status}, 403, 'a player draws none');
$answer = $rest->request(POST => '/rpc/tv_draw_zone', { layer_id => 2, name => 'x', area => { type => 'Polygon', coordinates => [ square(0, 0, 1) ] } }, token => $ada);
is($answer->{status}, 404, 'nor does anybody where he sees nothing');

# Whose, and asked without a token.
$answer = $rest->request(POST => '/rpc/tv_set_zone_owner', { zone_id => $id, timeline_id => 1, owner => 'the guild', t => '2024-01-01T00:00:00Z' }, token => $ada);
is($answer->{status}, 204, 'an owner');
$answer = $rest->request(GET => '/rpc/tv_zones_at?world_id=1&timeline_id=1&lon=11.5&lat=57.5');
is_deeply([ map { [ @{$_}{qw(zone_id name layer owner)} ] } @{ $answer->{json} } ], [ [ $id, 'North', 'lands', 'the guild' ] ], 'whose land it is');
$answer = $rest->request(GET => '/rpc/tv_zones_at?world_id=1&timeline_id=1&lon=11.5&lat=57.5&t=2023-01-01');
is($answer->{json}[0]{owner}, undef, '... at a moment before');
$answer = $rest->request(POST => '/rpc/tv_zones_of', { world_id => 1, timeline_id => 1, lons => [ 11.5, 0, -180 ], lats => [ 57.5, 0, 0 ] });
is_deeply([ map { $_->{point} } @{ $answer->{json} } ], [ 1, 3 ], 'of many points');
is($rest->request(GET => '/rpc/tv_zones_at?world_id=2&timeline_id=2&lon=0&lat=0')->{status}, 404, 'of a private world nothing');
is($rest->request(GET => '/rpc/tv_zones_at?world_id=1&timeline_id=1&lon=200&lat=0')->{status}, 400, 'nowhere');
is($rest->request(POST => '/rpc/tv_zone_visits', { world_id => 1, timeline_id => 1, vehicle_ids => undef, t_from => '2024-01-01', t_to => '2024-01-02' })->{status}, 200, 'visits');
is(scalar @{ $rest->request(GET => '/zones?select=id')->{json} }, 2, 'zones as rows');
done_testing();
