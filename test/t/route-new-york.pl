# Routes on the road network of New York cost what pgRouting's cost: 1,000 random pairs, by time and by
# length, each path walked again over the tables.
#
#     ROADS=DIRECTORY test/run server test/t/route-new-york.pl        DIRECTORY: see test/bench/roads.pl
#
# pgRouting searches from each origin once, so the pairs are of TV_ROADS_ORIGINS random origins (100), each
# with destinations of its own; TV_ROADS_ORIGINS=1000 takes two minutes longer.
use strict;
use warnings;
use File::Temp ();
use Test::More;
use TvCluster;

my $roads = $ENV{ROADS} // "$ENV{TV_REPO}/../shared/data/roads";
my @missing = grep { !-e "$roads/$_" } map { "USA-road-$_.gz" } 'd.NY.gr', 't.NY.gr', 'd.NY.co';
plan skip_all => "no @missing in ROADS ($roads)" if @missing;
my $pairs = 1000;
my $origins = $ENV{TV_ROADS_ORIGINS} // 100;

my $scratch = File::Temp->newdir(DIR => $ENV{TV_SCRATCH});
chmod 0755, $scratch or die;
system('perl', "$ENV{TV_REPO}/test/bench/roads.pl", $roads, "$scratch") == 0 or die;
my $cluster = TvCluster->new(conf => ['jit = off', 'max_wal_size = 4GB']);
$cluster->setup('app');
$cluster->query('app', 'SET client_min_messages = warning; CREATE EXTENSION pgrouting');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', "roads=$scratch", '-d', 'app', '-f', "$ENV{TV_REPO}/test/bench/roads.sql");
is($status, 0, 'the network is loaded') or BAIL_OUT($err);
is($cluster->query('app', 'SELECT (SELECT count(*) FROM timevmaps.places), (SELECT count(*) FROM timevmaps.segments)'), '264346|366923', 'places and segments');
$cluster->query('app', <<"SQL");
SET client_min_messages = warning;
SELECT timevmaps.tv_prepare_graph(1);
SELECT setseed(0.25);
CREATE TABLE pair AS
SELECT i AS n, o.id AS source, (1 + floor(random() * 264346))::bigint AS target
FROM generate_series(0, $pairs - 1) i
    JOIN (SELECT n, (1 + floor(random() * 264346))::bigint AS id FROM generate_series(0, $origins - 1) n) o ON o.n = i % $origins;
CREATE TABLE metric AS SELECT * FROM (VALUES ('local', 'cost'), ('distance', 'length_m')) v (metric, col);
-- Walked from place to place: what is left over is a step that no segment allows.
CREATE FUNCTION walked(source bigint, target bigint, metric text, OUT distance float, OUT local float, OUT wrong bigint) LANGUAGE sql STABLE AS \$\$
    WITH step AS (
        SELECT s.*, lag(s.place_id) OVER (ORDER BY s.seq) AS from_place, count(*) OVER () AS steps
        FROM timevmaps.tv_route_steps(1, 1, source, target, metric => metric) s)
    SELECT coalesce(sum(e.length_m), 0), coalesce(sum(e.length_m / e.speed_kph * 3.6), 0),
           count(*) FILTER (WHERE CASE WHEN step.seq = 1 THEN step.place_id <> source ELSE e.id IS NULL END
                                  OR step.seq = step.steps AND step.place_id <> target)
    FROM step LEFT JOIN timevmaps.segments e ON e.id = step.segment_id
        AND ((e.a_place_id, e.b_place_id) = (step.from_place, step.place_id) OR NOT e.oneway AND (e.b_place_id, e.a_place_id) = (step.from_place, step.place_id))
\$\$;
SQL

# In one statement, so that a line says all about a pair: pgRouting's cost, ours, the plan's and the walk's.
$cluster->query('app', <<"SQL");
CREATE TABLE peer AS
SELECT m.metric, c.start_vid AS source, c.end_vid AS target, c.agg_cost AS cost
FROM metric m CROSS JOIN LATERAL public.pgr_dijkstraCost(
    format('SELECT e.id, e.source, e.target, c.cost, CASE WHEN s.oneway THEN -1 ELSE c.cost END AS reverse_cost
            FROM edges e JOIN timevmaps.segments s USING (id) CROSS JOIN LATERAL (SELECT %s AS cost) c', CASE m.col WHEN 'cost' THEN 'e.cost' ELSE 's.length_m' END),
    'SELECT DISTINCT source, target FROM pair') c;
CREATE TABLE answer AS
SELECT m.metric, p.*, r.cost AS theirs, c.cost AS ours, CASE m.metric WHEN 'local' THEN t.local_seconds ELSE t.distance_m END AS planned,
       t.distance_m, t.local_seconds, cardinality(t.path_place_ids) AS places, w.distance AS walked_m, w.local AS walked_s, w.wrong
FROM metric m CROSS JOIN pair p
    LEFT JOIN peer r USING (metric, source, target)
    LEFT JOIN LATERAL timevmaps.tv_route_cost(1, 1, p.source, p.target, metric => m.metric) c ON true
    LEFT JOIN LATERAL timevmaps.tv_plan_route(1, 1, p.source, p.target, metric => m.metric) t ON true
    CROSS JOIN LATERAL walked(p.source, p.target, m.metric) w;
SQL
for my $metric ('local', 'distance')
{
	my $count = sub { return $cluster->query('app', "SELECT count(*) FROM answer WHERE metric = '$metric' AND ($_[0])") };
	my $apart = sub { return $count->(sprintf '(abs(%s - %s) <= 1e-11 * %2$s) IS NOT TRUE', @_) };
	is($count->('true'), $pairs, "$metric: $pairs pairs");
	is($count->('source = target AND theirs IS NULL'), $count->('theirs IS NULL'), "$metric: pgRouting finds a way for each");
	is($apart->('ours', 'coalesce(theirs, 0)'), 0, "$metric: tv_route_cost is pgRouting's cost");
	is($apart->('planned', 'coalesce(theirs, 0)'), 0, "$metric: so is what tv_plan_route adds up to");
	is($count->('wrong <> 0'), 0, "$metric: every step of tv_route_steps is a segment");
	is($apart->('walked_m', 'distance_m') + $apart->('walked_s', 'local_seconds'), 0, "$metric: the segments' lengths and times add up to the plan's");
	my ($places) = $cluster->query('app', "SELECT round(avg(places)) FROM answer WHERE metric = '$metric'");
	cmp_ok($places, '>', 100, "$metric: routes of $places places on average");
	note($cluster->query('app', "SELECT format('largest difference: %s', max(abs(ours - theirs) / theirs)) FROM answer WHERE metric = '$metric' AND theirs > 0"));
}
cmp_ok($cluster->query('app', "SELECT count(*) FROM answer a JOIN answer b USING (n) WHERE a.metric < b.metric AND a.distance_m < b.distance_m AND a.local_seconds > b.local_seconds"), '>', 100,
	'the shortest routes are not the fastest ones');
done_testing;
