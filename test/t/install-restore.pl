# A dump restored in parallel has the same rows, policies and grants; committed data
# outlives a crash.
use strict;
use warnings;
use Test::More;
use TvCatalog qw(everything difference);
use TvCluster;

my $cluster = TvCluster->new;
$cluster->setup('app');
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (name, visibility, owner) SELECT 'w' || g, CASE WHEN g % 2 = 0 THEN 'public' ELSE 'private' END, 'ada'
		FROM generate_series(1, 4) g;
	INSERT INTO timevmaps.timelines (world_id, label, parent_id)
		SELECT w.id, 'main', NULL FROM timevmaps.worlds w ORDER BY w.id;
	INSERT INTO timevmaps.timelines (world_id, label, parent_id)
		SELECT t.world_id, 'branch', t.id FROM timevmaps.timelines t ORDER BY t.id;
	INSERT INTO timevmaps.places (world_id, lat, lon)
		SELECT 1 + g % 4, g % 90, g % 180 FROM generate_series(1, 2000) g;
	INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
		SELECT p.world_id, p.id, p.id + 4, 100 + p.id, 50 FROM timevmaps.places p WHERE p.id <= 1996;
	INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed)
		SELECT t.id, s.id, true FROM timevmaps.timelines t JOIN timevmaps.segments s USING (world_id) WHERE t.label = 'branch' AND s.id % 7 = 0;
	INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s, note)
		SELECT t.id, s.id, s.b_place_id, s.id, 'cost', 1 / 3::float, 'n' || s.id FROM timevmaps.timelines t JOIN timevmaps.segments s USING (world_id) WHERE s.id % 97 = 0;
	INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule) SELECT s.id, s.b_place_id, s.id, 'no' FROM timevmaps.segments s WHERE s.id % 89 = 0;
	-- Rules of which one does not touch its place any more.
	UPDATE timevmaps.segments SET b_place_id = b_place_id - 4 WHERE id = 89;
	INSERT INTO timevmaps.vehicle_profiles (world_id, name, timeline_id, speeds, forbidden, height_m)
		SELECT t.world_id, 'lorry', t.id, '{"path": 7.25}', '{steps,"a b"}', 1 / 3::float FROM timevmaps.timelines t;
	INSERT INTO timevmaps.speed_profiles (world_id, name, factors)
		SELECT w.id, 'rush', array_fill(1 / 3::float, '{168}') FROM timevmaps.worlds w;
	INSERT INTO timevmaps.segment_profiles (timeline_id, segment_id, profile_id)
		SELECT t.id, s.id, p.id FROM timevmaps.timelines t JOIN timevmaps.segments s USING (world_id)
		JOIN timevmaps.speed_profiles p USING (world_id) WHERE s.id % 11 = 0;
	INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id)
		SELECT a.id, p.id, b.id, p.id FROM timevmaps.timelines a JOIN timevmaps.timelines b ON b.parent_id = a.id
		JOIN timevmaps.places p ON p.world_id = a.world_id WHERE p.id <= 40;
	SELECT timevmaps_internal.tv_frames_partition(1);
	-- What an administrator adds of his own is to survive too.
	CREATE ROLE auditor;
	GRANT USAGE ON SCHEMA timevmaps TO auditor;
	GRANT SELECT ON timevmaps.worlds TO auditor;
	CREATE POLICY auditor_sees ON timevmaps.worlds FOR SELECT TO auditor USING (visibility = 'public');
});

my $before = everything($cluster, 'app');
like($before, qr/^places 2000 [0-9a-f]{32}$/m, 'rows are among what is compared');

my $dump = $cluster->dir . '/app.dump';
my ($status, undef, $err) = $cluster->client('pg_dump', '-Fc', '-f', $dump, 'app');
is($status, 0, 'pg_dump') or diag($err);
$cluster->query('postgres', 'CREATE DATABASE copy');
($status, undef, $err) = $cluster->client('pg_restore', '-j2', '--exit-on-error', '-d', 'copy', $dump);
is($status, 0, 'pg_restore -j2') or diag($err);
my $after = everything($cluster, 'copy');
ok($after eq $before, 'rows, policies, grants, constraints, triggers, indexes and comments are the same')
	or diag(difference($before, $after));
is($cluster->query('copy', 'SELECT count(*) FROM timevmaps.tv_init()'), '0', 'tv_init() finds nothing to do');
is($cluster->query('copy', 'SET ROLE auditor; SELECT count(*) FROM timevmaps.worlds'), '2', 'row-level security holds');
is($cluster->query('copy', "INSERT INTO timevmaps.worlds (name) VALUES ('next') RETURNING id > 4"), 't', 'identities go on');

# The data alone, into what the same dump's schema has made.
{
	my ($how) = slurp("$ENV{TV_REPO}/docs/operations.md") =~ /```bash\n(pg_restore --schema-only .*?)```/s or die 'docs/operations.md says nothing of data alone';
	$cluster->query('postgres', 'CREATE DATABASE data');
	($status, my $told, $err) = $cluster->client('sh', '-ec', $how =~ s/-d mydb/-d data/gr =~ s/mydb\.dump/$dump/gr);
	is("$status $err", '0 ', 'the schema, then the data: nothing is said');
	like($told, qr/^\s*0 \| access$/m, '... tv_init() sets triggers right');
	my @different = grep { !/^. (?:audit_events |sequence audit_events_id_seq )/ } split /\n/, difference($before, everything($cluster, 'data'));
	is_deeply(\@different, [], '... and all is as it was dumped');
	is($cluster->query('data', 'SELECT count(*) FROM timevmaps.tv_verify_audit()'), '0', '... the audit with it');
}

# One that has stopped half-way leaves triggers that are off.
{
	$cluster->query('data', 'ALTER TABLE timevmaps.experiments DISABLE TRIGGER ALL; ALTER TABLE timevmaps.worlds DISABLE TRIGGER USER');
	($status, undef, $err) = $cluster->psql('data', 'SELECT timevmaps.tv_init()');
	is($status, 0, 'triggers are disabled: tv_init()');
	like($err, qr/WARNING: [^\n]*foreign keys of timevmaps\.experiments are not checked.*ALTER TABLE timevmaps\.experiments ENABLE TRIGGER ALL; then/s, '... says what takes a superuser');
	is($cluster->query('data', "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D' AND NOT tgisinternal"), '0', '... and sets right all others');
	$cluster->query('data', 'ALTER TABLE timevmaps.experiments ENABLE TRIGGER ALL; SELECT timevmaps.tv_init()');
	my @different = grep { !/^. (?:audit_events |sequence audit_events_id_seq )/ } split /\n/, difference($before, everything($cluster, 'data'));
	is_deeply(\@different, [], '... after which all is as it was');
}

# Over what is there, in one transaction, as docs/operations.md has it.
$cluster->query('copy', "SET client_min_messages = warning; DROP SCHEMA timevmaps, timevmaps_internal CASCADE");
($status, undef, $err) = $cluster->client('pg_restore', '--clean', '--if-exists', '--single-transaction', '-d', 'copy', $dump);
is($status, 0, 'pg_restore --clean after the schema was dropped') or diag($err);
is($err, '', '... has nothing to say');
is(difference($before, everything($cluster, 'copy')), '', '... and all is as it was dumped');

# Of schemas it takes both; what a dump of the first alone lacks is told.
for my $schemas (['timevmaps', 'timevmaps_internal'], ['timevmaps'])
{
	my ($name, $whole) = ('part' . @$schemas, @$schemas > 1);
	($status, undef, $err) = $cluster->client('pg_dump', '-Fc', '-f', "$dump.$name", (map { ('-n', $_) } @$schemas), 'app');
	is($status, 0, "pg_dump -n of @$schemas") or diag($err);
	$cluster->query('postgres', "CREATE DATABASE $name");
	$cluster->query($name, 'SET client_min_messages = warning; CREATE EXTENSION postgis; CREATE EXTENSION btree_gist; CREATE EXTENSION btree_gin; CREATE EXTENSION pg_trgm');
	($status, undef, $err) = $cluster->client('pg_restore', ($whole ? '--exit-on-error' : ()), '-d', $name, "$dump.$name");
	is($status, 0, '... restored') or diag($err) if $whole;
	$cluster->query($name, 'CREATE EXTENSION timevmaps');
	if ($whole)
	{
		is($cluster->query($name, 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... nothing is missing');
		is(difference($before, everything($cluster, $name)), '', '... and all is as it was dumped');
		next;
	}
	(undef, undef, $err) = $cluster->psql($name, 'SELECT timevmaps.tv_init()');
	like($err, qr/55000: the tables .* none of the functions .*HINT:[^\n]*pg_dump -n timevmaps -n timevmaps_internal/s, '... which tv_init() says');
}

# Both schemas belong to one who is no superuser, and the tables to a superuser, as somebody may have given them away: what a dump brings so,
# with or without privileges, goes to tv_owner.
$cluster->query('postgres', 'CREATE ROLE builder SUPERUSER LOGIN; CREATE ROLE keeper');
$cluster->query('postgres', 'CREATE DATABASE given');
$cluster->query('given', 'SET client_min_messages = warning; SET SESSION AUTHORIZATION builder; CREATE EXTENSION timevmaps CASCADE; SELECT count(*) FROM timevmaps.tv_init()');
$cluster->query('given', 'REASSIGN OWNED BY builder TO keeper');
$cluster->query('given', "SELECT timevmaps_internal.tv_frames_partition(1)");
$cluster->query('given', $cluster->query('given', q{
	SELECT string_agg(format('ALTER TABLE timevmaps.%I OWNER TO builder', tablename), '; ') FROM pg_tables WHERE schemaname = 'timevmaps'}));
for my $options ([], ['--no-privileges'])
{
	($status, undef, $err) = $cluster->client('pg_dump', '-Fc', @$options, '-f', $dump, 'given');
	is($status, 0, "pg_dump @$options of what was given away") or diag($err);
	$cluster->query('postgres', 'CREATE DATABASE taken');
	($status, undef, $err) = $cluster->client('pg_restore', '--exit-on-error', '-d', 'taken', $dump);
	is($status, 0, '... is restored') or diag($err);
	is($cluster->query('taken', 'SELECT version, name FROM timevmaps.tv_init()'), '0|access', '... and tv_init() gives it to tv_owner');
	is($cluster->query('taken', "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'timevmaps'"), 'tv_owner', '... with its partitions');
	is($cluster->query('taken', "SET ROLE tv_admin; INSERT INTO timevmaps.worlds (name) VALUES ('one'); INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 1, 1) RETURNING id"),
		'1', '... and its triggers fire');
	$cluster->query('postgres', 'DROP DATABASE taken');
}

# What was committed outlives an immediate stop; what was not, does not.
$cluster->query('copy', "INSERT INTO timevmaps.worlds (id, name) VALUES (500, 'committed')");
$cluster->stop('immediate');
$cluster->start;
is($cluster->query('copy', 'SELECT name FROM timevmaps.worlds WHERE id = 500'), 'committed', 'a committed row outlives a crash');
# Sequences skip the values that the crashed server had kept in memory.
is(join("\n", grep { !/^. sequence / } split /\n/, difference($before, everything($cluster, 'app'))), '', 'and so does everything else');
done_testing();

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
