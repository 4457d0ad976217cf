# What a database with timevmaps has in it, as text, to compare one with another.
#
#     use TvCatalog qw(everything difference);
#     my $before = everything($cluster, 'app');
#     ok($before eq everything($cluster, 'copy')) or diag(difference($before, everything($cluster, 'copy')));
package TvCatalog;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(everything roles difference);

# Rows, policies, grants, owners, constraints, triggers, indexes, sequences and comments.
my $everything = q{
	SELECT t.name || ' ' || (xpath('/row/d/text()', query_to_xml(format(
		'SELECT count(*) || '' '' || coalesce(md5(string_agg(x::text, chr(10) ORDER BY x::text)), '''') AS d FROM timevmaps.%I x', t.name), false, true, '')))[1]::text
	FROM (SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'timevmaps'::regnamespace
		AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migrations') t
	UNION ALL SELECT format('migration %s %s', version, name) FROM timevmaps.schema_migrations
	UNION ALL SELECT format('policy %s %s %s %s %s %s %s', polname, polrelid::regclass, polcmd, polpermissive, polroles::regrole[],
		pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
	UNION ALL SELECT format('table %s %s %s %s %s', c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole,
		(SELECT array_agg(a::text ORDER BY a::text) FROM unnest(c.relacl) a))
		FROM pg_class c WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p', 'S')
	UNION ALL SELECT format('column %s.%s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
		(SELECT array_agg(l::text ORDER BY l::text) FROM unnest(a.attacl) l))
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
	UNION ALL SELECT format('function %s %s %s %s %s', p.oid::regprocedure, p.proowner::regrole, p.prosecdef, p.proconfig,
		(SELECT array_agg(a::text ORDER BY a::text) FROM unnest(p.proacl) a))
		FROM pg_proc p WHERE p.pronamespace IN ('timevmaps'::regnamespace, 'timevmaps_internal'::regnamespace)
	UNION ALL SELECT format('schema %s %s %s', n.nspname, n.nspowner::regrole, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(n.nspacl) a))
		FROM pg_namespace n WHERE n.nspname ~ '^timevmaps'
	UNION ALL SELECT format('default privileges %s %s %s', defaclrole::regrole, defaclobjtype, defaclacl) FROM pg_default_acl
	UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
		WHERE connamespace = 'timevmaps'::regnamespace
	UNION ALL SELECT format('trigger %s %s %s', tgrelid::regclass, tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
	UNION ALL SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'timevmaps'
	UNION ALL SELECT format('sequence %s %s %s', sequencename, last_value, max_value) FROM pg_sequences WHERE schemaname = 'timevmaps'
	UNION ALL SELECT format('comment %s: %s', d.object, d.description)
		FROM (SELECT pg_describe_object(classoid, objoid, objsubid) AS object, description FROM pg_description) d WHERE d.object ~ 'timevmaps'
	ORDER BY 1};

# What is not the database's but the cluster's.
my $roles = q{
	SELECT format('role %s %s %s %s', rolname, rolcanlogin, rolinherit, rolconfig) FROM pg_roles WHERE rolname ~ '^tv_'
	UNION ALL SELECT format('member %s of %s', member::regrole, roleid::regrole) FROM pg_auth_members WHERE roleid::regrole::text ~ '^tv_'
	ORDER BY 1};

sub everything { my ($cluster, $database) = @_; return $cluster->query($database, $everything) }
sub roles { my ($cluster) = @_; return $cluster->query('postgres', $roles) }

# The lines that only one of two texts has.
sub difference
{
	my ($first, $second) = map { { map { $_ => 1 } split /\n/, $_ } } @_;
	return join "\n", (map { "- $_" } grep { !$second->{$_} } sort keys %$first), (map { "+ $_" } grep { !$first->{$_} } sort keys %$second);
}

1;
