# Whoever calls has functions, operators, aggregates, types and tables of the names of all that there are in front of the server's in
# search_path. Nothing of ours runs one of them: neither with the rights of the tables' owner nor with those of the caller, be it a superuser.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

# What is planted in schema own. It says so in the log, for who calls it may catch its error.
my $planted = q{
SET check_function_bodies = off;
CREATE FUNCTION own.taken(what text) RETURNS boolean LANGUAGE plpgsql AS
	$f$ BEGIN RAISE LOG 'taken: %', what; RAISE EXCEPTION 'taken: %', what; END $f$;
DO $do$
DECLARE
	types text[] := '{oid,regclass,regtype,regrole,name,text,text[],"\"char\"",boolean,smallint,integer,bigint,bigint[],numeric,double precision,double precision[],jsonb,json,timestamptz,xid8}';
	spaces oid[] := ARRAY(SELECT n.oid FROM pg_namespace n WHERE n.nspname IN ('pg_catalog', 'public', 'timevmaps', 'timevmaps_internal'));
	body text := 'LANGUAGE plpgsql AS $f$ BEGIN RAISE LOG ''taken: %1$s''; RAISE EXCEPTION ''taken: %1$s''; END $f$';
	each record;
BEGIN
	-- Functions of every name and arguments, aggregates and window functions among them.
	FOR each IN
		SELECT DISTINCT ON (p.proname, p.proargtypes) p.proname,
			array_to_string(ARRAY(SELECT CASE WHEN p.provariadic <> 0 AND n = p.pronargs THEN 'VARIADIC ' ELSE '' END || a::regtype
								  FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY t (a, n) ORDER BY n), ', ') AS arguments,
			p.prorettype::regtype AS result
		FROM pg_proc p
		WHERE p.pronamespace = ANY (spaces) AND p.prokind <> 'p' AND (p.prokind <> 'a' OR p.pronargs > 0) AND p.provariadic <> '"any"'::regtype
			AND NOT EXISTS (SELECT FROM unnest(p.proargtypes::oid[] || p.prorettype) a JOIN pg_type t ON t.oid = a
							WHERE t.typtype = 'p' AND t.typname NOT IN ('anyelement', 'anyarray', 'anynonarray', 'anyenum', 'anyrange', 'anymultirange',
								'anycompatible', 'anycompatiblearray', 'anycompatiblenonarray', 'anycompatiblerange', 'anycompatiblemultirange', 'record', 'void'))
			AND NOT EXISTS (SELECT FROM unnest(p.proargtypes::oid[]) a WHERE a IN ('record'::regtype, 'void'::regtype))
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION own.%I(%s) RETURNS %s ', each.proname, each.arguments, each.result) || format(body, each.proname);
		EXCEPTION WHEN invalid_function_definition THEN
			-- Its result would be of any type.
			EXECUTE format('CREATE FUNCTION own.%I(%s) RETURNS bigint ', each.proname, each.arguments) || format(body, each.proname);
		END;
	END LOOP;
	-- Operators of every name and arguments; and over pairs for which there is none, so that the server would convert one.
	FOR each IN
		SELECT row_number() OVER () AS n, o.name, o.a, o.b, o.result
		FROM (SELECT p.oprname::text, p.oprleft::regtype::text, p.oprright::regtype::text, p.oprresult::regtype::text
			  FROM pg_operator p WHERE p.oprnamespace = ANY (spaces) AND p.oprresult <> 0
			  UNION
			  SELECT o.name, a, b, o.result
			  FROM unnest(types) a, unnest(types) b, (VALUES ('=', 'boolean'), ('<>', 'boolean'), ('<', 'boolean'), ('>', 'boolean'), ('<=', 'boolean'),
				  ('>=', 'boolean'), ('~', 'boolean'), ('~~', 'boolean'), ('@>', 'boolean'), ('||', 'text'), ('->>', 'text'), ('#>>', 'text'), ('->', 'jsonb'),
				  ('+', 'bigint'), ('-', 'bigint'), ('*', 'bigint'), ('/', 'bigint'), ('%', 'bigint')) o (name, result)
			  WHERE NOT EXISTS (SELECT FROM pg_operator p WHERE p.oprname = o.name AND p.oprnamespace = ANY (spaces)
								AND p.oprleft = a::regtype AND p.oprright = b::regtype)) o (name, a, b, result)
	LOOP
		EXECUTE format('CREATE FUNCTION own.operator_%s(%s%s) RETURNS %s ', each.n, CASE WHEN each.a <> '-' THEN each.a || ', ' ELSE '' END, each.b, each.result)
			|| format(body, replace(each.name, '%', '%%'));
		EXECUTE format('CREATE OPERATOR own.%s (%sRIGHTARG = %s, FUNCTION = own.operator_%s)', each.name,
			CASE WHEN each.a <> '-' THEN 'LEFTARG = ' || each.a || ', ' ELSE '' END, each.b, each.n);
	END LOOP;
	-- Aggregates that no function can stand for.
	EXECUTE 'CREATE FUNCTION own.step(bigint) RETURNS bigint ' || format(body, 'count');
	EXECUTE 'CREATE AGGREGATE own.count(*) (sfunc = own.step, stype = pg_catalog.int8, initcond = ''0'')';
	FOR each IN SELECT DISTINCT p.proname AS name, t FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid, unnest(types) t
				WHERE p.proargtypes[0] IN ('"any"'::regtype, 'anyelement'::regtype, 'anynonarray'::regtype, 'anyarray'::regtype) AND p.pronargs = 1 AND a.aggkind = 'n'
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION own.%I(%s) RETURNS bigint ', each.name, each.t) || format(body, each.name);
		EXCEPTION WHEN duplicate_function THEN	-- it has one of its own for that type
		END;
	END LOOP;
	-- Types: whoever converts to one is told.
	FOR each IN SELECT t.typname, t.oid::regtype AS type FROM pg_type t
				WHERE t.typnamespace = ANY (spaces) AND t.typtype = 'b' AND t.typname !~ '^_' AND t.typcategory <> 'A' AND t.typname <> 'unknown'
	LOOP
		EXECUTE format('CREATE DOMAIN own.%I AS %s CHECK (own.taken(%L))', each.typname, each.type, 'type ' || each.typname);
	END LOOP;
END
$do$;
DO $do$
DECLARE
	each record;
BEGIN
	FOR each IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p') LOOP
		EXECUTE pg_catalog.format('CREATE TABLE own.%I (taken pg_catalog.int4)', each.relname);
		EXECUTE pg_catalog.format('CREATE TEMP TABLE %I (taken pg_catalog.int4)', each.relname);
	END LOOP;
END
$do$;
};

my $examples = do { open my $in, '<:encoding(UTF-8)', "$ENV{TV_REPO}/docs/examples.sql" or die $!; local $/; <$in> };
# Between them: the world of the examples is the caller's again, and there is another, which is large enough for a graph.
my $between = q{
UPDATE timevmaps.worlds SET owner = 'planter' WHERE id = 1;
INSERT INTO timevmaps.worlds (id, name, owner) VALUES (2000, 'Grid', 'planter');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (2000, 2000, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 2000 + n, 2000, 10 + n / 20 * 0.01, 10 + n % 20 * 0.01 FROM generate_series(0, 399) n;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT 2000, 2000 + n, 2000 + n + 1, 1000, 50 FROM generate_series(0, 398) n;
};
# What the examples do not come to: changes of every kind, graphs, gateways, branches, places that moved.
my $more = q{
-- triggers
UPDATE timevmaps.places SET lat = 57.705 WHERE id = 2;
UPDATE timevmaps.segments SET speed_kph = 71 WHERE id = 1;
UPDATE timevmaps.segment_overrides SET speed_kph = 20 WHERE timeline_id = 2;
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (1, 4, 2, 4);
UPDATE timevmaps.gateways SET fidelity = 0.99 WHERE from_timeline_id = 1;
UPDATE timevmaps.timelines SET label = 'trunk' WHERE id = 1;
UPDATE timevmaps.worlds SET visibility = 'private' WHERE id = 1;
-- a prepared graph that rows have changed since
SELECT * FROM timevmaps.tv_plan_route(1, 2, 1, 4);
SELECT * FROM timevmaps.tv_route_steps(1, 1, 2, 3);
SELECT * FROM timevmaps.tv_route_cost(1, 1, 1, 4, dest_timeline_id => 2);
SELECT * FROM timevmaps.tv_snap(1, 2, 11.91, 57.706);
SELECT * FROM timevmaps.tv_plan_point_route(1, 2, 11.91, 57.706, 11.95, 57.71);
-- none yet
SELECT * FROM timevmaps.tv_route_cost(2000, 2000, 2000, 2399);
SELECT * FROM timevmaps.tv_cost_matrix(2000, 2000, ARRAY[2000, 2001], ARRAY[2398, 2399]);
SELECT * FROM timevmaps.tv_isochrone(2000, 2000, 2000, 300);
SELECT * FROM timevmaps.tv_snap(2000, 2000, 10.05, 10.05, snap_to => 'largest');
SELECT * FROM timevmaps.tv_prepare_graph(2000);
SELECT * FROM timevmaps.tv_graph_status();
-- what goes
DELETE FROM timevmaps.gateways;
DELETE FROM timevmaps.segment_overrides;
DELETE FROM timevmaps.segments WHERE id = 3;
DELETE FROM timevmaps.route_plans;
CALL timevmaps.tv_drop_world(2000);
};

sub statements
{
	my ($text) = @_;
	$text =~ s/^--.*\n//mg;
	return grep { /\S/ } split /;\s*\n/, $text;
}

my $cluster = TvCluster->new;
$cluster->query('postgres', 'CREATE ROLE planter');
for my $caller ('postgres', 'planter')
{
	my $database = "by_$caller";
	$cluster->setup($database);
	# He makes tables in public, as his PostgreSQL may let him.
	$cluster->query($database, 'GRANT tv_analyst TO planter; GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE SCHEMA own AUTHORIZATION planter; GRANT USAGE, CREATE ON SCHEMA own TO PUBLIC');
	my $session = TvSession->new($cluster, $database);
	$session->query('\set VERBOSITY verbose');
	$session->query("SET ROLE planter; $planted");
	$session->query($caller eq 'planter' ? 'SET ROLE planter' : 'RESET ROLE');
	my $before = length $cluster->log_text;
	my $amid = sub { $session->run("SET search_path = own, pg_temp, pg_catalog, public; $_[0]; SET search_path = public") };
	like($session->run("SET search_path = own, pg_temp, pg_catalog, public; SELECT $_")->{rows}, qr/taken/, "$caller: $_ is one that was planted")
		for '1 = 1', 'count(*)', 'max(1)', q('1'::int8), q(lower('A'::pg_catalog.text));
	$session->query('SET search_path = public');
	my (@odd, $run);
	for my $statement (statements($examples), '', statements($more))
	{
		if ($statement eq '')
		{
			$cluster->query($database, $between);
			next;
		}
		# What the caller wrote is parsed before they are in front; CALL and what makes tables cannot be kept.
		my $kept = $statement !~ /^\s*(?:CALL|CREATE)\b/;
		$before = length $cluster->log_text;
		my $made = $kept ? $session->run("DROP PROCEDURE IF EXISTS own.example; CREATE PROCEDURE own.example() BEGIN ATOMIC $statement; END") : undef;
		my $answer = $statement =~ /^\s*CREATE\b/ ? $session->run($statement) : $amid->($kept ? 'CALL own.example()' : $statement);
		$session->query('SET search_path = public');
		$run++;
		my $logged = join '; ', grep { /taken/ } split /\n/, substr $cluster->log_text, $before;
		my $text = join '', map { $_->{rows} // '' } grep { defined } $made, $answer;
		push @odd, "$statement\n$logged$text" if $logged ne '' || ($text =~ /ERROR/ && !($caller eq 'planter' && $text =~ /permission denied|only tv_admin|must be owner|policy|PT409/));
	}
	is(join("\n", @odd), '', "$caller: $run statements run none of them");
}
done_testing();
