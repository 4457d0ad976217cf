# The tables of docs/security.md say what the grants of a new database are.  WRITE=1 writes them anew.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $cluster = TvCluster->new;
$cluster->setup('app');
chdir $ENV{TV_REPO} or die;

# What a role may do with each table beyond the roles that it is a member of: "all columns" where the table itself is granted.
my $grants = $cluster->query('app', q{
	SET search_path = pg_catalog;
	WITH granted AS (
		SELECT c.relname AS name, e.grantee::regrole::text AS role, e.privilege_type AS privilege, NULL::text AS attname, 0 AS attnum
		FROM pg_class c, aclexplode(c.relacl) e WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p')
		UNION ALL
		SELECT c.relname, e.grantee::regrole::text, e.privilege_type, a.attname, a.attnum
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0, aclexplode(a.attacl) e
		WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p')),
	said AS (
		SELECT name, role, privilege, lower(privilege) || coalesce(' (' || string_agg(attname, ', ' ORDER BY attnum) || ')', '') AS text
		FROM granted WHERE role IN ('tv_player', 'tv_analyst', 'tv_admin') GROUP BY name, role, privilege)
	SELECT concat_ws(' | ', '| `' || c.relname || '`', coalesce(p.text, ''), coalesce(a.text, ''), coalesce(d.text, '')) || ' |'
	FROM pg_class c, LATERAL (SELECT string_agg(text, '; ' ORDER BY array_position('{SELECT,INSERT,UPDATE,DELETE}', privilege)) AS text FROM said s WHERE s.name = c.relname AND s.role = 'tv_player') p,
		LATERAL (SELECT string_agg(text, '; ' ORDER BY array_position('{SELECT,INSERT,UPDATE,DELETE}', privilege)) AS text FROM said s WHERE s.name = c.relname AND s.role = 'tv_analyst') a,
		LATERAL (SELECT string_agg(text, '; ' ORDER BY array_position('{SELECT,INSERT,UPDATE,DELETE}', privilege)) AS text FROM said s WHERE s.name = c.relname AND s.role = 'tv_admin') d
	WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
	ORDER BY c.relname});
my $functions = $cluster->query('app', q{
	SELECT format('| `%s` | %s |', r.name, coalesce((
		SELECT string_agg(DISTINCT '`' || p.proname || '`', ', ' ORDER BY '`' || p.proname || '`')
		FROM pg_proc p, aclexplode(p.proacl) e
		WHERE p.pronamespace = 'timevmaps'::regnamespace AND e.grantee = r.name::regrole), ''))
	FROM (VALUES (1, 'tv_player'), (2, 'tv_analyst'), (3, 'tv_admin')) r (n, name) ORDER BY n});
my %made = (
	tables => "| table | `tv_player` | `tv_analyst`, besides | `tv_admin`, besides |\n|---|---|---|---|\n$grants\n",
	functions => "| role | may call, besides what the roles before it may |\n|---|---|\n$functions\n");

open my $in, '<', 'docs/security.md' or die "docs/security.md: $!";
my $page = do { local $/; <$in> };
for my $part (sort keys %made)
{
	my ($begin, $end) = ("<!-- $part: made by test/t/docs-security.pl -->\n", "<!-- /$part -->\n");
	like($page, qr/^\Q$begin\E.*?^\Q$end\E/ms, "the page has the place for its $part");
	my ($kept) = $page =~ /^\Q$begin\E(.*?)^\Q$end\E/ms;
	ok(($kept // '') eq $made{$part} || $ENV{WRITE}, "and the $part are those of the grants") or diag('"WRITE=1 test/run server test/t/docs-security.pl" writes them anew.');
	$page =~ s/^\Q$begin\E.*?^\Q$end\E/$begin$made{$part}$end/ms;
}
if ($ENV{WRITE})
{
	open my $file, '>', 'docs/security.md' or die "docs/security.md: $!";
	print $file $page;
	close $file or die;
}
done_testing();
