# snap_to => 'largest': points are put on the largest strongly connected part, as pgRouting finds
# it, by prepared graphs and by rows, timeline by timeline; then they always have a route.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $cluster = TvCluster->new(conf => ["autovacuum = off"]);
$cluster->setup('map');
$cluster->query('map', 'CREATE EXTENSION pgrouting');

sub ask { my ($sql, $how) = @_; return $cluster->query('map', 'SET timevmaps.prepared_graph = ' . ($how // 'on') . "; $sql") }
sub prepare { my (@worlds) = @_; $cluster->query('map', "SELECT timevmaps.tv_prepare_graph($_)") for @worlds }
sub both
{
	my ($sql, $wanted, $name) = @_;
	is(ask($sql, 'on'), $wanted, "$name, by the prepared graph");
	is(ask($sql, 'off'), $wanted, "$name, by rows");
}

# ------------------------------------------------------------------ by hand
# A triangle 1 2 3 of oneways; a way out of it 3 -> 4; and a fragment 5 - 6 in between.
ask(q{
	INSERT INTO timevmaps.worlds (id, name, visibility) VALUES (1, 'hand', 'public');
	INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'joined', 1), (3, 1, 'torn', 1);
	INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 0.01), (3, 1, 0.01, 0.01), (4, 1, 0.01, 0.03), (5, 1, 0.003, 0.02), (6, 1, 0.006, 0.02);
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway) VALUES
		(1, 1, 1, 2, 1000, 36, true), (2, 1, 2, 3, 1000, 36, true), (3, 1, 3, 1, 1500, 36, true), (4, 1, 3, 4, 2000, 36, true), (5, 1, 5, 6, 300, 36, false)});
prepare(1);
my $snap = 'SELECT segment_id, round(distance_m) FROM timevmaps.tv_snap';
both("$snap(1, 1, 0.018, 0.004)", '5|222', 'the nearest of all is a fragment');
both("$snap(1, 1, 0.018, 0.004, 'any')", '5|222', 'as is said');
both("$snap(1, 1, 0.018, 0.004, 'largest')", '2|890', 'the nearest of the largest part');
both("$snap(1, 1, 0.03, 0.01, 'largest')", '2|2224', 'a way out of it is not in it');
both("SELECT count(*) FROM timevmaps.tv_plan_point_route(1, 1, 0.018, 0.004, 0, 0)", '0', 'no way from the fragment');
both("SELECT round(distance_m), path_segment_ids FROM timevmaps.tv_plan_point_route(1, 1, 0.018, 0.004, 0, 0, snap_to => 'largest')", '2100|{2,3}', 'but from the part');
# A branch joins the fragment to it, another tears the triangle: then the fragment is the largest.
ask(q{
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, timeline_id) VALUES (6, 1, 5, 2, 1000, 36, 2);
	INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (3, 3, true)});
both("$snap(1, 1, 0.018, 0.004, 'largest')", '2|890', 'a timeline that nothing was changed in');
both("$snap(1, 2, 0.018, 0.004, 'largest')", '6|170', 'where a branch has joined them');
both("$snap(1, 3, 0, 0, 'largest')", '5|2249', 'where a branch has torn the part');
ask("UPDATE timevmaps.segment_overrides SET closed = false WHERE timeline_id = 3");
both("$snap(1, 3, 0.018, 0.004, 'largest')", '2|890', 'and opened again');
ask("INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT 3, id, true FROM timevmaps.segments WHERE id IN (1, 5) ON CONFLICT DO NOTHING");
both("$snap(1, 3, 0, 0, 'largest')", '', 'no part of two places, no row');
# Gateways join no parts: they lead from timeline to timeline, or are on none of the segments.
ask("INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, bidirectional) VALUES (1, 5, 1, 2, true), (1, 2, 2, 5, false)");
both("$snap(1, 1, 0.018, 0.004, 'largest')", '2|890', 'gateways join no parts');
both("SELECT path_segment_ids, path_timeline_ids FROM timevmaps.tv_plan_point_route(1, 1, 0.018, 0.004, 0.021, 0.0045, 2, snap_to => 'largest')",
	'{2,3,1,NULL,5}|{1,1,1,2}', 'each point on the part of its own timeline');
is($cluster->sqlstate('map', "SELECT timevmaps.tv_snap(1, 1, 0, 0, 'biggest')"), '22023', 'no such choice');
is($cluster->sqlstate('map', "SELECT timevmaps.tv_plan_point_route(1, 1, 0, 0, 0, 0, snap_to => '')"), '22023', 'nor for routes');
ask(q{CREATE ROLE walker IN ROLE tv_player; CREATE POLICY hidden ON timevmaps.segments AS RESTRICTIVE TO walker USING (id <> 3)});
both("SET ROLE walker; $snap(1, 1, 0.018, 0.004, 'largest')", '5|222', 'who does not see a segment sees another part');
ask('DROP POLICY hidden ON timevmaps.segments');

# --------------------------------------------- random networks against pgRouting
ask(q{
	SELECT setseed(0.25);
	INSERT INTO timevmaps.worlds (id, name) SELECT 10 + g, 'random ' || g FROM generate_series(1, 6) g;
	INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT (10 + g) * 10 + b, 10 + g, 'b' || b, CASE b WHEN 1 THEN (10 + g) * 10 END FROM generate_series(0, 1) b, generate_series(1, 6) g;
	INSERT INTO timevmaps.places (id, world_id, lon, lat) SELECT (10 + g) * 1000 + n, 10 + g, 11 + random() * 0.2, 57 + random() * 0.1 FROM generate_series(1, 6) g, generate_series(1, 300) n;
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway, timeline_id, geom)
		SELECT a.id * 10 + n, a.world_id, a.id, b.id, 100 + 100 * random(), 50, random() < 0.5, CASE WHEN random() < 0.1 THEN a.world_id * 10 + 1 END, CASE WHEN random() < 0.5 THEN ST_MakeLine(a.geom, b.geom) END
		FROM timevmaps.places a, LATERAL (SELECT id, geom, row_number() OVER () AS n FROM (SELECT b.id, b.geom FROM timevmaps.places b WHERE b.world_id = a.world_id AND b.id <> a.id ORDER BY b.geom <-> a.geom LIMIT 3) q) b
		WHERE a.world_id > 10 AND random() < 0.55;
	INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) SELECT world_id * 10 + 1, id, true FROM timevmaps.segments WHERE world_id > 10 AND random() < 0.1;
	CREATE VIEW open AS SELECT t.id AS timeline, s.id, s.world_id, a_place_id AS source, b_place_id AS target, oneway, coalesce(s.geom, ST_MakeLine(a.geom, b.geom)) AS course
		FROM timevmaps.timelines t JOIN timevmaps.segments s USING (world_id) JOIN timevmaps.places a ON a.id = a_place_id JOIN timevmaps.places b ON b.id = b_place_id
		LEFT JOIN timevmaps.segment_overrides o ON o.segment_id = s.id AND o.timeline_id = t.id WHERE coalesce(s.timeline_id, t.id) = t.id AND o.closed IS NOT TRUE;
	CREATE FUNCTION part(timeline bigint) RETURNS SETOF bigint LANGUAGE sql AS $$
		SELECT node FROM pgr_strongComponents(format('SELECT id, source, target, 1 AS cost, CASE WHEN oneway THEN -1 ELSE 1 END AS reverse_cost FROM open WHERE timeline = %s', timeline)) c
		WHERE component = (SELECT component FROM pgr_strongComponents(format('SELECT id, source, target, 1 AS cost, CASE WHEN oneway THEN -1 ELSE 1 END AS reverse_cost FROM open WHERE timeline = %s', timeline))
			GROUP BY component ORDER BY count(*) DESC, min(node) LIMIT 1) $$;
	CREATE TABLE parts AS SELECT t.id AS timeline, array(SELECT part(t.id)) AS places FROM timevmaps.timelines t WHERE t.world_id > 10;
	CREATE TABLE point AS SELECT t.id AS timeline, t.world_id AS world, n, 11 + random() * 0.2 AS lon, 57 + random() * 0.1 AS lat FROM timevmaps.timelines t, generate_series(1, 25) n WHERE t.world_id > 10;
	CREATE TABLE wanted AS SELECT p.*, (SELECT min(ST_Distance(ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326)::geography, ST_Segmentize(o.course, 1e-3)::geography, false)) FROM open o
		WHERE o.timeline = p.timeline AND o.source = ANY (q.places) AND o.target = ANY (q.places)) AS metres FROM point p JOIN parts q USING (timeline);
	ANALYZE}, 'off');
is(ask("SELECT count(*) > 3 AND min(cardinality(places)) >= 2 AND max(cardinality(places)) < 300 FROM parts"), 't', 'there are parts: ' . ask('SELECT string_agg(cardinality(places)::text, \' \') FROM parts'));
for my $how ('off', 'on')
{
	prepare(11 .. 16) if $how eq 'on';
	is(ask(q{SELECT count(*), count(*) FILTER (WHERE abs(s.distance_m - w.metres) > 1e-6 * w.metres + 0.01 OR NOT ARRAY[s.a_place_id, s.b_place_id] <@ q.places)
		FROM wanted w JOIN parts q USING (timeline) LEFT JOIN timevmaps.tv_snap(w.world, w.timeline, w.lon, w.lat, 'largest') s ON true}, $how), '300|0', "as near as pgRouting's part is, with prepared graphs $how");
	my $pairs = q{SELECT count(*), count(*) FILTER (WHERE r.distance_m IS NULL) > 0 FROM point a JOIN point b ON a.timeline = b.timeline AND b.n = a.n %% 25 + 1
		LEFT JOIN timevmaps.tv_plan_point_route(a.world, a.timeline, a.lon, a.lat, b.lon, b.lat, snap_to => '%s', metric => '%s') r ON true};
	is(ask(sprintf($pairs, 'any', 'local'), $how), '300|t', "some pairs have no route, with prepared graphs $how");
	is(ask(sprintf($pairs, 'largest', $_), $how), '300|f', "in the largest part all have, by $_, with prepared graphs $how") for qw(local distance);
}

done_testing();
