# Rules for turns and vehicle profiles over HTTP, from the row to the route that obeys it, and back; and a route by what is supposed in the request.
use strict;
use warnings;
use JSON::PP ();
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'roles') or diag($err);
# 1 - 2 - 3 takes 200 s, 1 - 4 - 3 300 s; the world 2 is another's.
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, owner, visibility, rules) VALUES (1, 'square', 'timevmaps|ada', 'private', '{"clock": "local"}'), (2, 'other', 'timevmaps|eve', 'private', '{}');
	INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'timevmaps|bob', 'player');
	INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
	INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0.01, 0), (3, 1, 0.01, 0.01), (4, 1, 0, 0.01);
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 1, 2, 1000, 36), (2, 1, 2, 3, 1000, 36), (3, 1, 1, 4, 1500, 36), (4, 1, 4, 3, 1500, 36)});
my $rest = TvRest->new($cluster, 'app');
my %token = map { $_->[0] => $rest->token(role => $_->[1], sub => $_->[0]) } [ ada => 'tv_analyst' ], [ bob => 'tv_player' ], [ eve => 'tv_analyst' ];
sub ask { my ($who, $method, $path, $body, $headers) = @_; return $rest->request($method, $path, $body, token => $token{$who}, headers => $headers) }
sub eta
{
	my ($who, $line, $more) = @_;
	my $answer = ask($who, GET => "/rpc/tv_route_cost?world_id=1&timeline_id=$line&origin_place_id=1&dest_place_id=3" . ($more // ''));
	return $answer->{status} == 200 ? @{ $answer->{json} } ? $answer->{json}[0]{eta_seconds} : 'none' : "$answer->{status} $answer->{json}{code}";
}

# A rule: made, read, set again, taken away.
is(eta('bob', 1), 200, 'a route');
my $made = ask(ada => POST => '/turns?select=id,world_id,rule', { timeline_id => 2, from_segment_id => 1, via_place_id => 2, to_segment_id => 2, rule => 'no', note => "works until \x{201c}May\x{201d}" }, { Prefer => 'return=representation' });
is($made->{status}, 201, 'a rule is made') or diag($made->{text});
is($made->{json}[0]{world_id}, 1, '... of its place\'s world');
my $id = $made->{json}[0]{id};
is(join(' ', map { eta('bob', $_) } 1, 2), '200 300', 'the branch obeys it');
is(ask(bob => GET => "/turns?id=eq.$id&select=rule,note,penalty_s")->{json}[0]{rule}, 'no', 'a member reads it');
is_deeply(ask(eve => GET => '/turns')->{json}, [], 'nobody else does');
is(eta('eve', 2), '404 PT404', '... nor asks for routes');
my $again = ask(ada => POST => '/turns?on_conflict=world_id,timeline_id,from_segment_id,via_place_id,to_segment_id',
	{ timeline_id => 2, from_segment_id => 1, via_place_id => 2, to_segment_id => 2, rule => 'cost', penalty_s => 40.5 }, { Prefer => 'resolution=merge-duplicates, return=representation' });
is($again->{status}, 200, 'it is set again') or diag($again->{text});
is($again->{json}[0]{id}, $id, '... the same row');
is(eta('bob', 2), 240.5, '... and costs something');
is(ask(ada => PATCH => "/turns?id=eq.$id", { penalty_s => 0 })->{status}, 204, 'changed');
is(eta('bob', 2), 200, '... to nothing');
is(ask(eve => PATCH => "/turns?id=eq.$id", { penalty_s => 9 }, { Prefer => 'return=representation' })->{text}, '[]', 'not by others');
my $steps = ask(ada => GET => '/rpc/tv_route_steps?world_id=1&timeline_id=2&origin_place_id=1&dest_place_id=3&select=seq,turn_seconds&order=seq');
is_deeply([ map { $_->{turn_seconds} } @{ $steps->{json} } ], [ 0, 0, 0 ], 'steps tell what turns cost');
is(ask(ada => POST => '/rpc/tv_delete_rows', { relation => 'turns', ids => [ $id ] })->{json}, 1, 'deleted');
is_deeply(ask(ada => GET => '/turns')->{json}, [], '... it is gone');
for my $case ([ { from_segment_id => 1, via_place_id => 3, to_segment_id => 2, rule => 'no' }, '400 23514' ], [ { from_segment_id => 1, via_place_id => 2, to_segment_id => 2, rule => 'never' }, '400 23514' ],
	[ { from_segment_id => 1, via_place_id => 2, to_segment_id => 2, rule => 'cost' }, '400 23514' ], [ { from_segment_id => 1, via_place_id => 99, to_segment_id => 2, rule => 'no' }, '409 23503' ], [ { via_place_id => 2, to_segment_id => 2, rule => 'no' }, '400 23502' ])
{
	my $answer = ask(ada => POST => '/turns', $case->[0]);
	is("$answer->{status} $answer->{json}{code}", $case->[1], "refused: $answer->{json}{message}");
}

# A profile.
is(ask(ada => PATCH => '/segments?id=eq.2', { class => 'steps', max_width_m => 1.2 })->{status}, 204, 'a segment of a class');
$made = ask(ada => POST => '/vehicle_profiles', { world_id => 1, name => 'wheels', forbidden => [ 'steps' ], speeds => { road => 30 } }, { Prefer => 'return=representation' });
is($made->{status}, 201, 'a profile is made') or diag($made->{text});
is_deeply($made->{json}[0]{speeds}, { road => 30 }, '... with speeds');
is(join(' ', map { eta('bob', 1, $_) } '', '&profile=wheels', '&profile=none'), '200 300 200', 'routes by it');
is(eta('bob', 1, '&profile=wings'), '404 PT404', 'none of that name');
is(ask(ada => PATCH => '/vehicle_profiles?name=eq.wheels', { forbidden => [], width_m => 1.5 })->{status}, 204, 'changed');
is(eta('bob', 1, '&profile=wheels'), 300, '... too wide');
is(ask(ada => PATCH => '/segment_overrides?segment_id=eq.2', {})->{status}, 204, 'no override yet');
is(ask(ada => POST => '/segment_overrides', { timeline_id => 2, segment_id => 2, max_width_m => 'Infinity' })->{status}, 201, 'a limit is lifted in the branch');
is(join(' ', map { eta('bob', $_, '&profile=wheels') } 1, 2), '300 200', '... there alone');
is_deeply(ask(eve => GET => '/vehicle_profiles')->{json}, [], 'profiles of a private world are not shown');

# What is supposed in a request.
my $supposed = JSON::PP->new->canonical->encode([ { segment_id => 1, closed => JSON::PP::true } ]) =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
is(join(' ', map { eta('bob', 1, $_) } "&overrides=$supposed", ''), '300 200', 'a closure for one request alone');
my $saved = ask(ada => POST => '/rpc/tv_save_route?select=profile,overrides,eta_seconds', { world_id => 1, timeline_id => 1, origin_place_id => 1, dest_place_id => 3, profile => 'none', overrides => [ { segment_id => 1, closed => JSON::PP::true } ] });
is_deeply($saved->{json}, { profile => 'none', overrides => [ { segment_id => 1, closed => JSON::PP::true } ], eta_seconds => 300 }, 'a saved route says what it was asked with') or diag($saved->{text});
is(ask(ada => GET => '/rpc/tv_route_cost?world_id=1&timeline_id=1&origin_place_id=1&dest_place_id=3&overrides=%5B7%5D')->{json}{code}, '22023', 'what is wrong there is refused');
done_testing();
