# Whose the tables are, whoever installs: a superuser, another one, in a second database of the cluster and in two at once, and who is none;
# and who made a role tv_owner before gets nothing by it.
use strict;
use warnings;
use Test::More;
use TvCatalog qw(everything difference);
use TvCluster;

my $cluster = TvCluster->new;
my $quiet = 'SET client_min_messages = warning;';
my $install = "$quiet CREATE EXTENSION timevmaps CASCADE";

# SQLSTATE, message, detail and hint of a statement that fails.
sub refusal
{
	my ($database, $sql, @options) = @_;
	my ($status, undef, $err) = $cluster->psql($database, $sql, @options);
	return $status ? join ' | ', $err =~ /(?:ERROR|DETAIL|HINT):\s+(.*)/g : 'done';
}

# Everything of a database that should be tv_owner's and is another's; '' where nothing is.
sub others
{
	my ($database) = @_;
	return $cluster->query($database, q{
		SELECT concat_ws(' ', c.oid::regclass, c.relowner::regrole) FROM pg_class c
		WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p', 'S') AND c.relowner <> 'tv_owner'::regrole
		UNION ALL
		SELECT concat_ws(' ', p.oid::regprocedure, p.proowner::regrole) FROM pg_proc p
		WHERE p.pronamespace IN ('timevmaps'::regnamespace, 'timevmaps_internal'::regnamespace) AND p.proowner <> 'tv_owner'::regrole
		  AND (p.prosecdef OR NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'))});
}

#------------------------------------------------ a role of that name, made before

$cluster->query('postgres', "CREATE DATABASE $_") for qw(app second third given apart spaced);
is($cluster->query('postgres', "SELECT count(*) FROM pg_roles WHERE rolname ~ '^tv_'"), '0', 'a cluster without our roles');
$cluster->query('postgres', 'CREATE ROLE mallory LOGIN CREATEROLE');
$cluster->query('postgres', 'CREATE ROLE tv_owner ROLE mallory', '-U', 'mallory');
my $told = refusal('app', $install);
like($told, qr/^55000: role "tv_owner" has members that are no superusers \| Of it are mallory\. \| REVOKE/, 'somebody made tv_owner, and is a member of it: refused');
is($cluster->query('app', "SELECT count(*) FROM pg_extension WHERE extname = 'timevmaps'"), '0', '... and nothing is made');
$cluster->query('postgres', 'CREATE ROLE middle ROLE mallory; REVOKE tv_owner FROM mallory CASCADE; GRANT tv_owner TO middle');
like(refusal('app', $install), qr/Of it are mallory, middle\./, '... through a role in between, too');
$cluster->query('postgres', 'REVOKE tv_owner FROM middle');
for my $attribute (qw(SUPERUSER BYPASSRLS LOGIN CREATEROLE CREATEDB REPLICATION))
{
	$cluster->query('postgres', "ALTER ROLE tv_owner $attribute");
	my ($before, $hint) = refusal('app', $install) =~ /^(.*) \| (ALTER ROLE .*)$/;
	is($before, qq{55000: role "tv_owner" may do more than own the tables | It has $attribute.}, "a tv_owner with $attribute is refused");
	$cluster->query('postgres', $hint);
}
$cluster->query('postgres', 'GRANT pg_execute_server_program TO tv_owner');
like(refusal('app', $install), qr/"tv_owner" is a member of other roles \| It is of pg_execute_server_program\./, '... and one that is a member of others');
$cluster->query('postgres', 'REVOKE pg_execute_server_program FROM tv_owner');

#------------------------------------------------ by superusers

is(refusal('app', $install), 'done', 'what the hints say helps: the extension is made');
is($cluster->query('app', q{SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname ~ '^tv_' AND NOT rolcanlogin AND NOT rolsuper AND NOT rolbypassrls}),
	'tv_admin tv_analyst tv_anonymous tv_authenticator tv_owner tv_player', '... and so are the roles, who cannot log in');
$cluster->query('app', 'SELECT timevmaps.tv_init()');
is(others('app'), '', 'tables, sequences, their functions and what acts as their owner are tv_owner\'s');

$cluster->query('postgres', 'CREATE ROLE builder SUPERUSER LOGIN');
is(refusal('second', "$install; SELECT timevmaps.tv_init()", '-U', 'builder'), 'done', 'another superuser installs it in another database');
is(others('second'), '', '... where the same is tv_owner\'s');
is($cluster->query('second', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... and nothing is missing');
is($cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... in the first one neither');
$cluster->query('second', 'DROP EXTENSION timevmaps; CREATE EXTENSION timevmaps');
is($cluster->query('second', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', 'the extension comes back by yet another');
is(join("\n", grep { !/schema |audit_(events|seals)/ } split /\n/, difference(map { everything($cluster, $_) =~ s/builder/postgres/gr } 'app', 'second')), '', '... and both databases are alike');

#------------------------------------------------ what belongs to others

$cluster->query('app', 'SELECT timevmaps_internal.tv_frames_partition(1)');
is(others('app'), '', 'a partition is made as tv_owner');
# As an earlier version left it, and a dump restored with --no-owner does.
my $give = q{
	DO $$
	DECLARE given text;
	BEGIN
		FOR given IN
			SELECT format('TABLE %s', oid::regclass) FROM pg_class WHERE relnamespace = 'timevmaps'::regnamespace AND relkind IN ('r', 'p')
			UNION ALL
			SELECT format('ROUTINE %s', oid::regprocedure) FROM pg_proc p WHERE proowner IN ('tv_owner'::regrole, 'builder'::regrole, 'mallory'::regrole)
				AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
		LOOP
			EXECUTE format('ALTER %s OWNER TO %I', given, 'WHO');
		END LOOP;
	END $$};
$cluster->query('app', $give =~ s/WHO/builder/r);
isnt(others('app'), '', 'all is given to a superuser');
is($cluster->query('app', 'SELECT version, name FROM timevmaps.tv_init()'), '0|access', '... from whom tv_init() takes it');
is(others('app'), '', '... with partitions and sequences');
# A trigger of his would run as tv_owner afterwards.
$cluster->query('app', $give =~ s/WHO/mallory/r);
like(refusal('app', 'SELECT timevmaps.tv_init()'), qr/^55000: tables or functions of timevmaps belong to a role that is no superuser \| They belong to "mallory"\./, 'from others it does not');
$cluster->query('app', $give =~ s/WHO/tv_owner/r);
is($cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... who gives it himself, knows');
# With them goes what of the extension acts as tv_owner, and tells whose the rest is.
$cluster->query('app', 'REASSIGN OWNED BY tv_owner TO mallory');
like(refusal('app', 'SELECT timevmaps.tv_init()'), qr/^55000: tables or functions of timevmaps belong to a role that is no superuser \| They belong to "mallory"\./, 'REASSIGN OWNED gives all to another: the same');
$cluster->query('app', 'REASSIGN OWNED BY mallory TO builder');
is($cluster->query('app', 'SELECT version, name FROM timevmaps.tv_init()'), '0|access', '... to a superuser: tv_init() takes all of it');
is(others('app'), '', '... what acts as tv_owner with it');
is($cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... and then nothing is left to do');
# What is not ours stays whose it is.
$cluster->query('app', 'CREATE TABLE timevmaps.own (); CREATE FUNCTION timevmaps.own() RETURNS void LANGUAGE sql AS $$$$; SELECT timevmaps.tv_init()');
is($cluster->query('app', q{SELECT c.relowner::regrole, p.proowner::regrole, p.proacl FROM pg_class c, pg_proc p WHERE c.oid = 'timevmaps.own'::regclass AND p.oid = 'timevmaps.own'::regproc}),
	'postgres|postgres|', 'what an administrator has put into the schema stays his');

#------------------------------------------------ by who is no superuser

$cluster->query('postgres', 'CREATE ROLE dba LOGIN CREATEROLE');
$cluster->query('third', $install);
is($cluster->sqlstate('third', 'SELECT timevmaps.tv_init()', '-U', 'dba'), '42501', 'who is no superuser does not call tv_init()');
my ($grants) = slurp("$ENV{TV_REPO}/docs/security.md") =~ /^(GRANT tv_admin TO dba;\n.*?)```/ms or die 'docs/security.md has no grants';
$cluster->query('third', $grants);
$cluster->query('postgres', 'DROP OWNED BY tv_anonymous; DROP ROLE tv_anonymous');
# Since version 16 only who has a role's ADMIN OPTION makes others its members.
$cluster->query('postgres', 'GRANT tv_player, tv_analyst, tv_admin TO dba WITH ADMIN OPTION') if $cluster->query('postgres', 'SHOW server_version_num') >= 160000;
is($cluster->query('third', 'SELECT count(*) > 5 FROM timevmaps.tv_init()', '-U', 'dba'), 't', 'with what docs/security.md grants he does');
is(others('third'), '', '... and all is tv_owner\'s');
is($cluster->query('third', "SELECT pg_has_role('tv_anonymous', 'tv_player', 'MEMBER')"), 't', '... a role that was missing is made');
is($cluster->query('third', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... and a superuser finds nothing to do');
$cluster->query('third', 'DROP POLICY worlds_read ON timevmaps.worlds; REVOKE SELECT ON timevmaps.places FROM tv_player; GRANT EXECUTE ON FUNCTION timevmaps.tv_editable_worlds() TO PUBLIC');
is($cluster->query('third', 'SELECT version, name FROM timevmaps.tv_init()', '-U', 'dba'), '0|access', 'what is gone he makes again');
is(difference(map { everything($cluster, $_) } 'second', 'third') =~ s/^. (schema|default|audit_(events|seals) |sequence audit_events_id_seq|function timevmaps(_internal)?\.tv_init|.*builder).*\n?//gmr, '', '... and all is as elsewhere');
is($cluster->sqlstate('third', 'SELECT timevmaps_internal.tv_frames_partition(1)', '-U', 'dba'), '42501', 'he calls nothing else that acts as tv_owner');
is($cluster->sqlstate('third', 'SET ROLE tv_owner', '-U', 'dba'), '42501', '... and is not tv_owner');

#------------------------------------------------ a role of ours has been given another name

$cluster->query('third', q{CREATE ROLE reader LOGIN; INSERT INTO timevmaps.worlds (name, visibility) VALUES ('open', 'public'); ALTER ROLE tv_player RENAME TO other_player});
is($cluster->query('third', 'SELECT version, name FROM timevmaps.tv_init()'), '0|access', 'tv_player has been renamed: it is made again');
$cluster->query('third', 'GRANT tv_player TO reader');
is($cluster->query('third', 'SELECT name FROM timevmaps.worlds', '-U', 'reader'), 'open', '... and sees what is public');
is($cluster->query('third', 'SET ROLE other_player; SELECT name FROM timevmaps.worlds'), 'open', '... the renamed one, too');
is($cluster->query('third', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... and nothing is left to do');
$cluster->query($_, 'DROP OWNED BY other_player') for qw(app second third);
$cluster->query('third', 'DROP ROLE other_player; SELECT timevmaps.tv_init()');
is($cluster->query('third', q{SELECT string_agg(DISTINCT r::regrole::text, ' ') FROM pg_policy p, unnest(p.polroles) r WHERE p.polname LIKE '%\_read'}), 'tv_analyst tv_player', '... which is dropped as any other');

#------------------------------------------------ two databases at once, and odd ones

{
	my $fresh = TvCluster->new;
	my @names = map { "at_once_$_" } 1 .. 3;
	$fresh->query('postgres', "CREATE DATABASE $_") for @names;
	$fresh->query($_, "$quiet CREATE EXTENSION postgis; CREATE EXTENSION btree_gist; CREATE EXTENSION btree_gin; CREATE EXTENSION pg_trgm") for @names;
	my @children;
	for my $name (@names)
	{
		my $pid = fork() // die;
		if (!$pid)
		{
			my ($status) = $fresh->psql($name, 'CREATE EXTENSION timevmaps; SELECT timevmaps.tv_init()');
			exit($status ? 1 : 0);
		}
		push @children, $pid;
	}
	my $failed = 0;
	for (@children) { waitpid $_, 0; $failed++ if $? }
	is($failed, 0, 'three databases of a cluster without roles, all at once');
	is($fresh->query($_, 'SELECT count(*) FROM timevmaps.tv_init()'), '0', "... $_ has all") for @names;
}

# PostGIS where nobody looks, and tables where nobody makes any.
$cluster->query('apart', "$quiet CREATE SCHEMA geo; CREATE EXTENSION postgis SCHEMA geo; CREATE EXTENSION btree_gist SCHEMA geo; CREATE EXTENSION btree_gin SCHEMA geo; CREATE EXTENSION pg_trgm SCHEMA geo; REVOKE ALL ON SCHEMA public FROM PUBLIC; $install");
is($cluster->query('apart', 'SELECT count(*) > 5 FROM timevmaps.tv_init()'), 't', 'PostGIS is in a schema that is closed');
is($cluster->query('apart', 'INSERT INTO timevmaps.worlds (name) VALUES ($$w$$); INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 1, 1); SELECT count(*) FROM timevmaps.network_changes'),
	'1', '... and what is changed is written down');
my $place = $cluster->dir . '/place';
$cluster->tool('run', 'mkdir', $place);
$cluster->query('postgres', "CREATE TABLESPACE place LOCATION '$place'");
$cluster->query('spaced', $install);
is($cluster->query('spaced', 'SET default_tablespace = place; SELECT count(*) > 5 FROM timevmaps.tv_init()'), 't', 'a tablespace is closed to others, and default_tablespace');
is($cluster->query('spaced', "SELECT t.spcname FROM pg_class c JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE c.oid = 'timevmaps.worlds'::regclass"), 'place', '... and the tables are in it');
$cluster->query('postgres', "DROP DATABASE spaced");
done_testing();

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
