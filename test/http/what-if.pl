# What is supposed, over HTTP: by GET as long as it fits into a URL, by POST where it does not; neither writes.
use strict;
use warnings;
use Test::More;
use JSON::PP ();
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'roles') or diag($err);
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, visibility, rules) VALUES (1, 'line', 'public', '{"clock": "local"}');
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
	INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 0.01), (3, 1, 0, 0.02);
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 1, 2, 1000, 36), (2, 1, 2, 3, 1000, 36), (3, 1, 1, 3, 5000, 36)});
my $rest = TvRest->new($cluster, 'app');
my $token = $rest->token(role => 'tv_analyst', sub => 'ada');
sub seconds { return ref $_[0]{json} eq 'ARRAY' ? $_[0]{json}[0]{local_seconds} : $_[0]{status} . ' ' . ($_[0]{json}{code} // '') . ' ' . ($_[0]{json}{message} // '') }
sub escaped { my ($text) = @_; $text =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge; return $text }
sub get { my ($list) = @_; return $rest->request(GET => '/rpc/tv_route_cost?world_id=1&timeline_id=1&origin_place_id=1&dest_place_id=3&overrides=' . escaped($list), undef, token => $token) }
sub post { my ($list) = @_; return $rest->request(POST => '/rpc/tv_route_cost', { world_id => 1, timeline_id => 1, origin_place_id => 1, dest_place_id => 3, overrides => $list }, token => $token) }

is(seconds(get('[]')), 200, 'nothing is supposed');
is(seconds(get('[{"segment_id": 2, "closed": true}]')), 500, 'a segment is closed, by GET');
is(seconds(post([ { segment_id => 2, closed => JSON::PP::true() } ])), 500, '... by POST');
my $explained = $rest->request(GET => '/rpc/tv_route_explain?world_id=1&timeline_id=1&origin_place_id=1&dest_place_id=3&overrides=' .
	escaped('[{"segment_id": 1, "speed_kph": 18}]'), undef, token => $token);
is_deeply(ref $explained->{json} eq 'ARRAY' ? $explained->{json}[1]{decided}{speed_kph} : $explained->{json}, { value => 18, overrides => 0 }, '... and explained by GET');
like(seconds(get('[{"segment_id": 2, "closes": true}]')), qr/^400 22023 overrides\[0\]\.closes: /, 'what is wrong is named');
like(seconds(get('[{"segment_id": 9, "closed": true}]')), qr/^404 /, 'what is not there is 404');
is(seconds(get('[' . join(', ', ('{"segment_id": 2, "closed": true}') x 100) . ']')), 500, 'a hundred entries fit into a URL');
is(seconds(post([ ({ segment_id => 1, speed_kph => 36 }) x 9999, { segment_id => 2, closed => JSON::PP::true() } ])), 500, 'ten thousand into a POST');
like(seconds(post([ ({ segment_id => 1 }) x 10001 ])), qr/^400 22023 overrides: /, '... and no more');
is($cluster->query('app', 'SELECT count(*) FROM timevmaps.segment_overrides'), 0, 'nothing is written');
done_testing();
