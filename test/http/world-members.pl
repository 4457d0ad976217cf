# Membership over HTTP: the owner of a world lets others in by the identities of their tokens, hides it and gives it away.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'open', 'public', 'timevmaps|ada'), (2, 'secret', 'private', 'timevmaps|ada'), (3, 'taken', 'private', 'timevmaps|eve');
	INSERT INTO timevmaps.timelines (world_id, label) VALUES (2, 'main');
	SELECT setval(pg_get_serial_sequence('timevmaps.worlds', 'id'), 100);
});
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'http/roles.sql') or diag($err);
my $rest = TvRest->new($cluster, 'app');
my %token = map { $_ => $rest->token(role => 'tv_analyst', sub => $_) } qw(ada bob eve);
$token{kim} = $rest->token(role => 'tv_player', sub => 'kim');

# A request as somebody: its status, and the error's code.
sub told
{
	my ($who, $method, $path, $body) = @_;
	my $answer = $rest->request($method => $path, $body, token => $token{$who});
	return join ' ', $answer->{status}, ref $answer->{json} eq 'HASH' ? $answer->{json}{code} : ();
}

sub call { my ($who, $function, %arguments) = @_; return told($who, POST => "/rpc/$function", \%arguments) }
sub seen { my ($who) = @_; return join ' ', map { $_->{name} } @{ $rest->request(GET => '/worlds?select=name&order=id', undef, token => $token{$who})->{json} } }

my @add = ('tv_add_member', world_id => 2, member => 'timevmaps|bob');
is(call('bob', @add), '404 PT404', 'a private world of another\'s is none');
is(call('bob', @add, world_id => 77), '404 PT404', '... like one that is not there');
is(call('bob', @add, world_id => 1), '403 42501', 'of a public one others let nobody in');
is(call('ada', @add), '204', 'the owner does') for 1, 2;
is(call('ada', @add, member => 'timevmaps|kim'), '204', '... a player, too');
is(call('ada', @add, access => 'editor'), '400 22023', '... with an access that there is');
is(seen($_), 'open secret', "$_ sees the world from then on") for qw(bob kim);
is(told('bob', POST => '/timelines', { world_id => 2, label => 'b' }), '403 42501', 'and changes nothing as a player');
is(call('ada', @add, access => 'analyst'), '204', 'until he is an analyst there');
is(told('bob', POST => '/timelines', { world_id => 2, label => 'b' }), '201', 'and does');
is_deeply($rest->request(GET => '/rpc/tv_world_members?world_id=2&select=member,access', undef, token => $token{ada})->{json},
	[ { member => 'timevmaps|bob', access => 'analyst' }, { member => 'timevmaps|kim', access => 'player' } ], 'the owner is told who the members are');
is_deeply($rest->request(GET => '/rpc/tv_world_members?world_id=2&select=member', undef, token => $token{kim})->{json}, [ { member => 'timevmaps|kim' } ], '... a member himself alone');
is(call('kim', 'tv_remove_member', world_id => 2, member => 'timevmaps|bob'), '403 42501', 'a member removes no other');
is($rest->request(POST => '/rpc/tv_remove_member', { world_id => 2, member => 'timevmaps|bob' }, token => $token{kim})->{json}{message},
	'only the owner of a world or a tv_admin may do this to it', '... and is told why');
is(call('kim', 'tv_remove_member', world_id => 2, member => 'timevmaps|kim'), '204', '... but himself');
is(seen('kim'), 'open', '... and sees it no more');

is(told('ada', PATCH => '/worlds?id=eq.2', { visibility => 'public' }), '204', 'the owner shows the world');
is(seen('eve'), 'open secret taken', '... to everybody');
is(told('eve', PATCH => '/worlds?id=eq.3', { name => 'secret' }), '204', 'a private world is called as a public one of another\'s');
is(told('eve', PATCH => '/worlds?id=eq.3', { visibility => 'public' }), '409 23505', '... but not shown beside it');
is(told('ada', PATCH => '/worlds?id=eq.2', { visibility => 'private' }), '204', 'the owner hides the world again');
is(told('ada', PATCH => '/worlds?id=eq.2', { owner => 'timevmaps|eve' }), '403 42501', 'it is not given away by the way');
is(call('ada', 'tv_transfer_world', world_id => 2, owner => 'timevmaps|eve', access => 'player'), '204', 'but by a call, whatever the new owner\'s own are called');
is(seen('eve'), 'open secret secret', '... whose it is');
is(call('ada', 'tv_set_visibility', world_id => 2, visibility => 'public'), '403 42501', '... and no longer the old one\'s');
done_testing();
