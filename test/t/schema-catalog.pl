# What a look at the catalog can tell of holes, in a plain database and in one whose owner has put what fits in front of everything:
# each rule is asked of what is installed, and shown that it finds what it is for.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $cluster = TvCluster->new;
my $ours = q{('timevmaps'::regnamespace, 'timevmaps_internal'::regnamespace)};
# Whoever is no superuser, nor the server's own, nor the owner of the tables.
my $clients = q{SELECT r.oid, r.rolname FROM pg_roles r WHERE r.rolname ~ '^tv_' AND r.rolname <> 'tv_owner' AND NOT r.rolsuper};

# name, query for what breaks the rule (a text a row), statements that break it
my @rules = (
	[ 'no function is everybody\'s', qq{
		SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) e
		WHERE p.pronamespace IN $ours AND e.grantee = 0},
		'GRANT EXECUTE ON FUNCTION timevmaps.tv_gamma(double precision) TO PUBLIC' ],
	[ 'no definer is a superuser', qq{
		SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
		WHERE p.pronamespace IN $ours AND p.prosecdef AND (r.rolsuper OR r.rolbypassrls OR r.rolcanlogin OR r.rolname <> 'tv_owner')},
		q{CREATE FUNCTION timevmaps.odd() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1'} ],
	[ 'a definer has a path of its own, the temporary schema last', qq{
		SELECT p.oid::regprocedure::text FROM pg_proc p
		WHERE p.pronamespace IN $ours AND p.prosecdef AND NOT EXISTS (
			SELECT FROM unnest(p.proconfig) c WHERE c ~ '^search_path=("?[a-z_]+"?, *)*"?pg_temp"?\$')},
		q{CREATE FUNCTION timevmaps.odd() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_temp, pg_catalog AS 'SELECT 1'} ],
	[ 'what clients call in SQL or PL/pgSQL has a path of its own, or its names are looked up when it is made', qq{
		SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE p.pronamespace = 'timevmaps'::regnamespace AND l.lanname IN ('sql', 'plpgsql') AND p.prosqlbody IS NULL AND NOT EXISTS (
			SELECT FROM unnest(p.proconfig) c WHERE c ~ '^search_path=("?[a-z_]+"?, *)*"?pg_temp"?\$')},
		q{CREATE FUNCTION timevmaps.odd() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM timevmaps.worlds'} ],
	[ 'no client executes a trigger function', qq{
		SELECT p.oid::regprocedure || ' by ' || r.rolname FROM pg_proc p, ($clients) r
		WHERE p.pronamespace IN $ours AND p.prorettype = 'trigger'::regtype AND has_function_privilege(r.oid, p.oid, 'EXECUTE')},
		q{GRANT EXECUTE ON FUNCTION timevmaps_internal.tv_worlds_pass_on() TO tv_player} ],
	[ 'no client executes what is ours alone', qq{
		SELECT p.oid::regprocedure || ' by ' || r.rolname FROM pg_proc p, ($clients) r
		WHERE p.pronamespace = 'timevmaps_internal'::regnamespace AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
			-- Policies, and functions of clients' with BEGIN ATOMIC, call these as the caller, who cannot name them.
			-- So does tv_init(), which a superuser may let somebody else call who is an administrator.
			AND NOT (r.rolname = 'tv_admin' AND p.proname ~ '^tv_(make_(roles|owner_grants|tables|execute)|check_owner|give_to_owner|made|ddl_wait|holders|execute_list)\$')
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid)
			AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_proc c ON c.oid = d.objid
				WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid
					AND c.prosqlbody IS NOT NULL AND NOT p.prosecdef)},
		q{GRANT EXECUTE ON FUNCTION timevmaps_internal.tv_wake() TO tv_player} ],
	[ 'nobody looks into the schema that is ours alone', qq{
		SELECT r.rolname FROM pg_roles r WHERE has_schema_privilege(r.oid, 'timevmaps_internal', 'USAGE')
			AND NOT r.rolsuper AND r.rolname <> 'tv_owner' AND r.rolname !~ '^pg_'},
		q{GRANT USAGE ON SCHEMA timevmaps_internal TO tv_admin} ],
	[ 'nobody makes anything in our schemas', qq{
		SELECT r.rolname || ' in ' || n.nspname FROM pg_roles r, pg_namespace n WHERE n.oid IN $ours
			AND has_schema_privilege(r.oid, n.oid, 'CREATE') AND NOT r.rolsuper AND r.rolname <> 'tv_owner'},
		q{GRANT CREATE ON SCHEMA timevmaps TO tv_admin} ],
	[ 'tables, sequences and what they call belong to tv_owner', qq{
		SELECT format('%s of %s', c.oid::regclass, c.relowner::regrole) FROM pg_class c
		WHERE c.relnamespace IN $ours AND c.relkind IN ('r', 'p', 'S') AND c.relowner <> 'tv_owner'::regrole
		UNION ALL
		SELECT format('%s of %s', p.oid::regprocedure, p.proowner::regrole) FROM pg_proc p
		WHERE p.pronamespace IN $ours AND p.proowner <> 'tv_owner'::regrole AND NOT EXISTS (
			SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')},
		q{ALTER TABLE timevmaps.results OWNER TO CURRENT_USER} ],
	[ 'tv_owner is nobody\'s, and nobody special', q{
		SELECT rolname FROM pg_roles WHERE rolname = 'tv_owner' AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolreplication)
		UNION ALL
		SELECT member::regrole::text FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
		WHERE m.roleid = 'tv_owner'::regrole AND NOT r.rolsuper
		UNION ALL
		SELECT roleid::regrole::text FROM pg_auth_members WHERE member = 'tv_owner'::regrole},
		q{GRANT tv_owner TO tv_admin} ],
	[ 'row-level security is on', qq{
		SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace IN $ours AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity},
		q{ALTER TABLE timevmaps.frames DISABLE ROW LEVEL SECURITY} ],
	[ 'views show what their reader may see', qq{
		SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace IN $ours
			AND (c.relkind = 'm' OR c.relkind = 'v' AND NOT coalesce(c.reloptions, '{}') && '{security_invoker=true,security_invoker=on,security_invoker=1}')},
		q{CREATE VIEW timevmaps.odd AS SELECT 1 AS one} ],
	[ 'who asks anonymously reads no identity and no secret', qq{
		SELECT format('%s.%s', c.oid::regclass, a.attname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace IN $ours AND c.relkind IN ('r', 'p', 'v')
			AND a.attname ~ '(submitted_(by|role)|owner|member|identity|principal|grantee|pid\$|secret|token|password|idempotency|error|session|issuer|audience)'
			AND (has_column_privilege('tv_player', c.oid, a.attnum, 'SELECT') OR has_column_privilege('tv_anonymous', c.oid, a.attnum, 'SELECT'))
			-- Of members the policies show each his own row alone. Whose a zone is, is part of its world.
			AND c.relname NOT IN ('world_members', 'zone_owners')},
		q{GRANT SELECT (submitted_by) ON timevmaps.experiments TO tv_player} ],
	[ 'no client locks a table against others, or hangs anything on it', qq{
		SELECT format('%s by %s: %s', c.oid::regclass, r.rolname, w.privilege) FROM pg_class c, ($clients) r,
			unnest('{UPDATE,DELETE,TRUNCATE,TRIGGER,REFERENCES}'::text[]) w (privilege)
		WHERE c.relnamespace IN $ours AND c.relkind IN ('r', 'p') AND has_table_privilege(r.oid, c.oid, w.privilege)
			AND NOT (pg_has_role(r.oid, 'tv_admin', 'USAGE') AND w.privilege IN ('UPDATE', 'DELETE'))
			AND r.rolname <> 'tv_authenticator'},
		q{GRANT DELETE ON timevmaps.places TO tv_analyst} ],
	[ 'no client chooses an identifier', qq{
		SELECT format('%s.%s by %s: %s', c.oid::regclass, a.attname, r.rolname, w.privilege)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> '', ($clients) r, unnest('{INSERT,UPDATE}'::text[]) w (privilege)
		WHERE c.relnamespace IN $ours AND c.relkind IN ('r', 'p') AND has_column_privilege(r.oid, c.oid, a.attnum, w.privilege)
			AND NOT pg_has_role(r.oid, 'tv_admin', 'USAGE') AND r.rolname <> 'tv_authenticator'},
		q{GRANT INSERT (id) ON timevmaps.places TO tv_analyst} ],
	[ 'no reference holds a row of another world', qq{
		SELECT format('%s on %s', k.conname, k.conrelid::regclass) FROM pg_constraint k
		WHERE k.connamespace IN $ours AND k.contype = 'f' AND k.confdeltype NOT IN ('c', 'n', 'd')
			AND k.confrelid <> 'timevmaps.worlds'::regclass
			-- Both sides name the world, which is then one.
			AND NOT EXISTS (SELECT FROM unnest(k.conkey, k.confkey) w (mine, theirs)
				JOIN pg_attribute m ON m.attrelid = k.conrelid AND m.attnum = w.mine
				JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = w.theirs
				WHERE m.attname = 'world_id' AND t.attname = 'world_id')},
		q{CREATE TABLE timevmaps.odd (place bigint REFERENCES timevmaps.places)} ],
	[ 'nothing of ours stands on what is the database owner\'s', qq{
		SELECT pg_describe_object(d.classid, d.objid, d.objsubid) || ' on ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
		FROM pg_depend d
		WHERE (d.refclassid, d.refobjid) IN (
				SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p WHERE p.proowner = 'dba'::regrole
				UNION ALL SELECT 'pg_operator'::regclass, o.oid FROM pg_operator o WHERE o.oprowner = 'dba'::regrole
				UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t WHERE t.typowner = 'dba'::regrole
				UNION ALL SELECT 'pg_class'::regclass, c.oid FROM pg_class c WHERE c.relowner = 'dba'::regrole
				UNION ALL SELECT 'pg_cast'::regclass, c.oid FROM pg_cast c JOIN pg_proc p ON p.oid = c.castfunc WHERE p.proowner = 'dba'::regrole)
			AND NOT (d.classid, d.objid) IN (
				SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p WHERE p.proowner = 'dba'::regrole
				UNION ALL SELECT 'pg_operator'::regclass, o.oid FROM pg_operator o WHERE o.oprowner = 'dba'::regrole
				UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t WHERE t.typowner = 'dba'::regrole
				UNION ALL SELECT 'pg_class'::regclass, c.oid FROM pg_class c WHERE c.relowner = 'dba'::regrole
				UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid WHERE t.typowner = 'dba'::regrole
				UNION ALL SELECT 'pg_cast'::regclass, c.oid FROM pg_cast c JOIN pg_proc p ON p.oid = c.castfunc WHERE p.proowner = 'dba'::regrole)},
		q{CREATE FUNCTION public.odd() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'; ALTER FUNCTION public.odd() OWNER TO dba;
		  ALTER TABLE timevmaps.results ALTER COLUMN created_at SET DEFAULT pg_catalog.now() + public.odd() * interval '1 s'} ]);

sub findings
{
	my ($database, $query, $before) = @_;
	return $cluster->query($database, 'BEGIN; SET client_min_messages = warning; SET search_path = pg_catalog, pg_temp; ' . ($before ? "$before; " : '')
		. "SELECT * FROM ($query) found (what) ORDER BY 1; ROLLBACK");
}

$cluster->query('postgres', $_) for 'CREATE ROLE dba LOGIN CREATEROLE', 'CREATE DATABASE odd OWNER dba';
$cluster->setup('app');

# ---------------------------------------------------------------- an owner who was there before
my $dba = sub { my ($sql) = @_; return $cluster->query('odd', "SET SESSION AUTHORIZATION dba; $sql") };
$dba->(q{
	DO $do$
	DECLARE
		types text[] := '{oid,regclass,regtype,regprocedure,regrole,name,text,text[],"\"char\"",boolean,integer,bigint,bigint[],double precision,jsonb,timestamptz}';
		a text;
		b text;
		op text;
		n integer := 0;
		run constant text := 'BEGIN RAISE EXCEPTION ''planted''; END';
	BEGIN
		FOREACH a IN ARRAY types LOOP
			FOREACH b IN ARRAY types LOOP
				n := n + 1;
				EXECUTE format('CREATE FUNCTION public.planted_%s(%s, %s) RETURNS boolean LANGUAGE plpgsql AS %L', n, a, b, run);
				FOREACH op IN ARRAY '{=,<>,<,>,<=,>=,~,||,->>,->,+,-,*,/,@>,&&,?}'::text[] LOOP
					EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.planted_%s)', op, a, b, n);
				END LOOP;
			END LOOP;
			-- Functions that are better than the server's for a type, and aggregates.
			FOREACH op IN ARRAY '{count,min,max,sum,lower,length,format,coalesce_,now,quote_ident,to_regclass,array_agg,string_agg,hashtextextended,pg_has_role,jsonb_typeof,cardinality}'::text[] LOOP
				EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', op, a, a, run);
			END LOOP;
		END LOOP;
		FOREACH a IN ARRAY '{bigint,text,regclass,oid,"double precision",jsonb}'::text[] LOOP
			EXECUTE format('CREATE TYPE public.mine_%s AS (x integer)', n);
			EXECUTE format('CREATE FUNCTION public.cast_%1$s(public.mine_%1$s) RETURNS %2$s LANGUAGE plpgsql AS %3$L', n, trim(a, '"'), run);
			EXECUTE format('CREATE CAST (public.mine_%1$s AS %2$s) WITH FUNCTION public.cast_%1$s(public.mine_%1$s) AS IMPLICIT', n, trim(a, '"'));
			n := n + 1;
		END LOOP;
	END
	$do$;
	CREATE DOMAIN public.bigint AS pg_catalog.int8 CHECK (false);
	CREATE DOMAIN public.timestamptz AS pg_catalog.text CHECK (false);
	CREATE SCHEMA timevmaps;
	CREATE FUNCTION timevmaps.planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''planted''; END';
	CREATE TABLE timevmaps.schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
	CREATE TRIGGER planted BEFORE INSERT ON timevmaps.schema_migrations FOR EACH ROW EXECUTE FUNCTION timevmaps.planted();
	CREATE VIEW timevmaps.experiments AS SELECT timevmaps_before.one FROM (SELECT 1 AS one) timevmaps_before;
});
my $install = 'SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE; SELECT count(*) > 0 FROM timevmaps.tv_init()';
is($cluster->sqlstate('odd', $install), '42501', 'a schema of ours that is somebody else\'s, with something in it, is refused');
$dba->('DROP VIEW timevmaps.experiments; DROP TABLE timevmaps.schema_migrations; DROP FUNCTION timevmaps.planted()');
my ($status, $out, $err) = $cluster->psql('odd', $install);
is($status, 0, 'an empty one is taken over, whatever is in public') or diag($err);
is($cluster->query('odd', "SELECT n.nspowner::regrole::text <> 'dba' FROM pg_namespace n WHERE n.nspname = 'timevmaps'"), 't', 'and is not his any more');
is($cluster->sqlstate('odd', 'SET SESSION AUTHORIZATION dba; CREATE TABLE timevmaps.mine ()'), '42501', 'who makes nothing in it');

# ---------------------------------------------------------------- the rules
for my $database ('app', 'odd')
{
	# A partition of frames is made with the first experiment.
	$cluster->query($database, q{
		INSERT INTO timevmaps.worlds (name) VALUES ('w');
		INSERT INTO timevmaps.timelines (world_id, label) SELECT id, 'main' FROM timevmaps.worlds;
		INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT world_id, id, 'quantum', '{"qubits": 1, "gates": []}' FROM timevmaps.timelines});
	$cluster->query($database, 'CALL timevmaps.tv_work(1)');
	is(findings($database, $_->[1]), '', "$database: $_->[0]") for @rules;
}
isnt(findings('app', $_->[1], $_->[2]), '', "it would be found: $_->[0]") for @rules;
done_testing();
