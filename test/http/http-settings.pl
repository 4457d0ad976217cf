# PostgREST's sessions may become tv_admin. What others have set for roles and for the database brings no code of theirs into one.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
# As an earlier version of roles.sql had it.
$cluster->query('app', 'GRANT tv_player, tv_analyst, tv_admin TO tv_authenticator');
my @roles = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
my ($failed, undef, $err) = $cluster->client(@roles);
is("$failed $err", '0 ', 'roles');
is($cluster->query('app', q{SELECT string_agg(roleid::regrole::text, ' ' ORDER BY 1) FROM pg_auth_members WHERE member = 'tv_authenticator'::regrole}),
	'tv_anonymous tv_bearer', 'tv_authenticator is a member of roles that nobody else is one of, ...');
is($cluster->query('app', q{SELECT count(*) FROM pg_auth_members WHERE roleid::regrole::text IN ('tv_anonymous', 'tv_bearer') AND member <> 'tv_authenticator'::regrole}), '0',
	'... and so it is');
is($cluster->query('app', q{SELECT string_agg(r, ' ' ORDER BY r) FROM unnest('{tv_anonymous,tv_player,tv_analyst,tv_admin}'::text[]) r
	WHERE pg_has_role('tv_authenticator', r, 'MEMBER') AND NOT pg_has_role('tv_authenticator', r, 'USAGE')}),
	'tv_admin tv_analyst tv_anonymous tv_player', '... and becomes the others, whose rights it has not');

# Mallory is an analyst who writes SQL, and the database's owner. Each function of hers that PostgREST would find says who it was.
my @names = map { "evil.$_" } 'current_setting(n text, m boolean) RETURNS text', 'set_config(n text, v text, m boolean) RETURNS text';
$cluster->query('app', join ';', q{
	CREATE ROLE mallory LOGIN; GRANT tv_analyst TO mallory; ALTER DATABASE app OWNER TO mallory;
	CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC;
	INSERT INTO timevmaps.worlds (name, visibility, owner) VALUES ('hers', 'private', 'timevmaps|ada')}, map { qq{
	CREATE FUNCTION $_ LANGUAGE plpgsql AS \$\$ BEGIN
		RAISE LOG 'taken by %', session_user;
		RETURN pg_catalog.@{[ /current/ ? 'current_setting(n, m)' : 'set_config(n, v, m)' ]};
	END \$\$} } @names);
my $path = 'search_path = evil, pg_catalog, timevmaps, public';
my $as = sub { my ($statement) = @_; my ($status, undef, $said) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-U', 'mallory', '-d', 'app', '-c', $statement);
	is($status, 0, $statement) or diag($said) };
$as->("SET ROLE $_; ALTER ROLE $_ SET $path") for 'tv_player', 'tv_analyst';
$as->("ALTER DATABASE app SET $path");

my $rest = TvRest->new($cluster, 'app');
for my $role ('tv_player', 'tv_analyst', 'tv_admin')
{
	my $answer = $rest->request(GET => '/worlds?select=name', undef, token => $rest->token(role => $role, sub => 'ada'));
	is("$answer->{status} $answer->{text}", '200 [{"name":"hers"}]', "$role reads");
}
is($rest->request(GET => '/worlds?select=name')->{text}, '[]', 'so does who has no token');
is($rest->request(POST => '/worlds', { name => 'w' }, token => $rest->token(role => 'tv_analyst', sub => 'ada'))->{status}, 201, 'an analyst writes');
unlike($cluster->log_text, qr/taken by tv_authenticator/, 'and nothing of Mallory\'s is called');
my $limit = $cluster->query('app', q{SELECT substring(array_to_string(rolconfig, ' ') FROM 'statement_timeout=\w+') FROM pg_roles WHERE rolname = 'tv_anonymous'});
is($limit, 'statement_timeout=10s', 'the limit of who has no token is as it was');

# In public, too, PostgREST finds functions.
$cluster->query('app', 'GRANT CREATE ON SCHEMA public TO PUBLIC');
($failed, undef, $err) = $cluster->client(@roles);
like("$failed $err", qr/\A0 .*WARNING:  everybody may create functions in schema "public"/s, 'who lets everybody create there is told');
done_testing;
