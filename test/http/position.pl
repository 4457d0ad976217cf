# Positions over HTTP: one fix and many, by the table and by tv_ingest(), what is refused and with which status, and who sees what.
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
	INSERT INTO timevmaps.worlds (id, name, owner, visibility) VALUES (1, 'one', 'timevmaps|ada', 'private'), (2, 'two', 'timevmaps|bob', 'public');
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
	INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (1, 1, 'bus'), (2, 2, 'boat');
	SELECT setval('timevmaps.vehicles_id_seq', 100)});
my $rest = TvRest->new($cluster, 'app');
my ($ada, $bob) = map { $rest->token(role => 'tv_analyst', sub => $_) } 'ada', 'bob';
my $eve = $rest->token(role => 'tv_player', sub => 'eve');
my %fix = (world_id => 1, timeline_id => 1, vehicle_id => 1, t => '2026-01-01T08:00:00Z', lon => 12, lat => 57.7);
sub post { my ($path, $body, %options) = @_; return $rest->request(POST => $path, $body, token => $ada, %options) }
sub stored { return $cluster->query('app', 'SELECT count(*) FROM timevmaps.positions') }

# The table.
is(post('/vehicles', { world_id => 1, name => 'tram', kind => 'tram', max_speed_mps => 25 })->{status}, 201, 'a vehicle');
is(post('/positions', \%fix)->{status}, 201, 'a fix');
is(post('/positions', \%fix)->{status}, 409, 'again');
my %ignore = (headers => { Prefer => 'resolution=ignore-duplicates,return=representation' });
my $again = post('/positions', [ \%fix, { %fix, t => '2026-01-01T08:01:00Z' } ], %ignore);
is($again->{status}, 201, 'duplicates ignored') or diag($again->{text});
is(scalar @{ $again->{json} }, 1, '... and one is new');
is(post('/positions', [ { %fix, lon => 13 } ], headers => { Prefer => 'resolution=merge-duplicates' })->{status}, 403, 'a key is not written again: that takes tv_ingest()');
is($rest->request(PATCH => '/positions?timeline_id=eq.1&vehicle_id=eq.1&t=eq.2026-01-01T08:01:00Z', { speed_mps => 5 }, token => $ada)->{status}, 204, 'a value is corrected');
is($rest->request(PATCH => '/positions?timeline_id=eq.1', { t => '2026-01-01T09:00:00Z' }, token => $ada)->{status}, 403, 'a key is not');
is($rest->request(DELETE => '/positions?timeline_id=eq.1', undef, token => $ada)->{status}, 403, 'nor are rows deleted');
my $before = stored();
for my $case (
	[ { %fix, timeline_id => 9 }, 409, '23503' ], [ { %fix, timeline_id => 2 }, 409, '23503' ], [ { %fix, vehicle_id => 2 }, 409, '23503' ], [ { %fix, t => '2100-01-01T00:00:00Z' }, 400, '23514' ],
	[ { %fix, t => '2026-01-02T00:00:00Z', lon => 0, lat => 0 }, 400, '23514' ], [ { %fix, t => '2026-01-02T00:00:00Z', lon => 181 }, 400, '23514' ],
	[ { %fix, t => '2026-01-02T00:00:00Z', recorded_at => '2020-01-01T00:00:00Z' }, 403, '42501' ], [ { %fix, world_id => 2, timeline_id => 2, vehicle_id => 2 }, 403, '42501' ],
	[ { %fix, world_id => 9, timeline_id => 9 }, 403, '42501' ])
{
	my ($body, $expected, $code) = @$case;
	my $answer = post('/positions', [ { %fix, t => '2026-01-03T00:00:00Z' }, $body ]);
	# All objects of a list have the same keys.
	$answer = post('/positions', $body) if $body->{recorded_at};
	is("$answer->{status} $answer->{json}{code}", "$expected $code", join ' ', map { "$_=$body->{$_}" } sort keys %$body) or diag($answer->{text});
}
is(stored(), $before, 'and nothing of them is there');

# tv_ingest().
my $call = { world_id => 1, timeline_id => 1, fixes => [ { vehicle => 'bus', t => '2026-01-01T08:00:00Z', lon => 12, lat => 57.7 }, { vehicle => 'tram', t => 1767254400, lon => 12, lat => 57.7 },
	{ vehicle => 'tram', t => 1767254401, lon => 212, lat => 57.7 } ] };
is_deeply(post('/rpc/tv_ingest', $call)->{json}, { inserted => 1, duplicates => 1, conflicts => 0, replaced => 0, refused => [ { path => 'fixes[2].lon', reason => 'not within -180 to 180' } ] }, 'tv_ingest() stores what is right');
is(post('/rpc/tv_ingest', { %$call, timeline_id => 2 })->{status}, 404, 'a timeline of another world');
is(post('/rpc/tv_ingest', { %$call, fixes => 'x' })->{status}, 400, 'no fixes');
is($rest->request(POST => '/rpc/tv_ingest', $call, token => $bob)->{status}, 404, 'who does not see the world');
is($rest->request(POST => '/rpc/tv_ingest', $call, token => $eve)->{status}, 403, 'a player');
is($rest->request(POST => '/rpc/tv_ingest', $call)->{status}, 401, 'nobody');
is(post('/rpc/tv_load_positions', { relation => 'timevmaps.positions', world_id => 1, timeline_id => 1 })->{status}, 404, 'a procedure is not for HTTP');
is(post('/rpc/tv_delete_positions', { world_id => 1, timeline_id => 1, vehicle_id => 1, t_from => '2026-01-01T08:01:00Z', t_to => '2026-01-02T00:00:00Z' })->{json}, 1, 'tv_delete_positions() takes some back');

# Who sees what: a private world, and partitions by their names.
is(scalar @{ $rest->request(GET => '/positions', undef, token => $ada)->{json} }, 2, 'the owner sees them');
is_deeply($rest->request(GET => $_, undef, token => $bob)->{json}, [], "$_: nobody else does") for '/positions', '/vehicles?world_id=eq.1';
my $day = $cluster->query('app', "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')");
cmp_ok($rest->request(GET => "/$_", undef, token => $ada)->{status}, '>=', 400, "nor $_ by its name") for 'positions_default', "positions_$day", 'position_removals';

# A quota.
$cluster->query('app', q{SELECT timevmaps.tv_set_quota('timevmaps|ada', 'positions_per_hour', 1)});
for my $way ([ '/positions', { %fix, t => '2026-01-05T00:00:00Z' } ], [ '/rpc/tv_ingest', { %$call, fixes => { vehicle => 'bus', t => 5, lon => 1, lat => 1 } } ])
{
	my $full = post(@$way);
	is($full->{status}, 429, "$way->[0]: 429 where it is used up") or diag($full->{text});
	like($full->{headers}{'retry-after'}, qr/^[1-9]\d{0,3}$/, "$way->[0]: Retry-After, within the hour");
	is($full->{json}{code}, '53400', "$way->[0]: the code");
}
done_testing();
