# PostgREST's sessions may become tv_admin. Neither what others have set for roles and for the database, nor a view of theirs that a request
# names, brings code of theirs into one.
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
	CREATE SCHEMA evil AUTHORIZATION mallory; GRANT USAGE ON SCHEMA evil TO PUBLIC;
	INSERT INTO timevmaps.worlds (name, visibility, owner) VALUES ('hers', 'private', 'timevmaps|ada')}, map { qq{
	CREATE FUNCTION $_ LANGUAGE plpgsql AS \$\$ BEGIN
		RAISE LOG 'taken by %', session_user;
		RETURN pg_catalog.@{[ /current/ ? 'current_setting(n, m)' : 'set_config(n, v, m)' ]};
	END \$\$} } @names);
my $path = 'search_path = evil, pg_catalog, timevmaps, public';
my $as = sub { my ($statement, $name) = @_; my ($status, undef, $said) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-U', 'mallory', '-d', 'app', '-c', $statement);
	is($status, 0, $name // $statement) or diag($said) };
$as->("SET ROLE $_; ALTER ROLE $_ SET $path; ALTER ROLE $_ SET statement_timeout = '1ms'") for 'tv_player', 'tv_analyst';
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

# Nor does a request name a table or view of hers that is read: an import does so, and runs what is in it.
$as->(q{CREATE FUNCTION evil.taken() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'taken by %', session_user; RETURN 1; END $$;
	CREATE VIEW evil.edges AS SELECT evil.taken() AS id, 1 AS source, 2 AS target, 1.0 AS cost, 10.0 AS x1, 50.0 AS y1, 10.1 AS x2, 50.1 AS y2;
	CREATE VIEW evil.ways AS SELECT evil.taken() AS gid, NULL::public.geometry AS the_geom;
	CREATE VIEW evil.lines AS SELECT evil.taken() AS line, 'p sp 1 0'::text AS text;
	CREATE VIEW evil.rules AS SELECT ARRAY[1, evil.taken()] AS path, -1.0 AS cost;
	GRANT SELECT ON evil.edges, evil.ways, evil.lines, evil.rules TO PUBLIC}, 'views of hers');
is($cluster->query('app', q{SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc
	WHERE pronamespace = 'timevmaps'::regnamespace AND EXISTS (SELECT FROM unnest(proargtypes) a WHERE a::regtype::text LIKE 'reg%')}),
	'tv_import_dimacs tv_import_osm2pgrouting tv_import_pgrouting tv_import_turns tv_load_positions', 'imports alone take the name of one, and a procedure, which is not for HTTP');
my $world = $cluster->query('app', q{SELECT id FROM timevmaps.worlds WHERE name = 'hers'});
for my $role ('tv_analyst', 'tv_admin')
{
	for my $import ([ pgrouting => { edges => 'evil.edges' } ], [ osm2pgrouting => { ways => 'evil.ways', vertices => 'evil.edges' } ],
		[ dimacs => { graph => 'evil.lines', coordinates => 'evil.lines' } ], [ turns => { rules => 'evil.rules' } ])
	{
		my $answer = $rest->request(POST => "/rpc/tv_import_$import->[0]", { world_id => $world + 0, %{ $import->[1] } }, token => $rest->token(role => $role, sub => 'ada'));
		my $what = $import->[0] eq 'turns' ? 'rules for turns' : 'networks';
		is("$answer->{status} $answer->{json}{message}", "403 $what are not imported in a session that speaks for tokens", "$role: $import->[0]") or diag($answer->{text});
	}
}
unlike($cluster->log_text, qr/taken by tv_authenticator/, '... and nothing of it is called');

# In public, too, PostgREST finds functions.
$cluster->query('app', 'GRANT CREATE ON SCHEMA public TO PUBLIC');
($failed, undef, $err) = $cluster->client(@roles);
like("$failed $err", qr/\A0 .*WARNING:  everybody may create functions in schema "public"/s, 'who lets everybody create there is told');
done_testing;
