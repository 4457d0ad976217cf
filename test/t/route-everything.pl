# Everything that a route may depend on at once: rules for turns, profiles, branches, gateways, departures and what is supposed in a call.
# What is supposed answers as rows that say it, prepared graphs as the rows, all to the last digit.  Loops, parallel segments, a place
# where several stand, the 180th meridian.  TV_SEED and TV_ROUNDS make it longer, and a seed gives the same again.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off', "shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
$cluster->query('app', <<'SQL');
CREATE FUNCTION pick(VARIADIC list text[]) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT list[1 + floor(random() * cardinality(list))]';
-- Worlds w and w + 1 of so many places a side, with timelines 10 w + 1 to 10 w + 5, the last ones leaves.
CREATE FUNCTION make(w bigint, size integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    few boolean := random() < 0.4;
BEGIN
    INSERT INTO timevmaps.worlds (id, name, rules) VALUES
        (w, 'w' || w, jsonb_build_object('sr', random() < 0.5, 'clock', pick('local', 'traveler', 'coordinate')) ||
            pick('{}', '{}', '{"u_turn_s": 7}', '{"u_turn_s": "no"}', '{"gr": {"gm": 3.986004418e14, "r": 6371008.8}}', '{"base_drag": 0.3}')::jsonb),
        (w + 1, 'w' || w + 1, '{"sr": false}');
    INSERT INTO timevmaps.timelines (id, world_id, label, parent_id)
    SELECT v * 10 + t, v, t, nullif(v * 10 + (ARRAY[0, 1, 2, 1, 3])[t], v * 10) FROM generate_series(w, w + 1) v, generate_series(1, 5) t;
    INSERT INTO timevmaps.places (id, world_id, lat, lon)
    SELECT v * 1000 + x * size + y, v, x * 0.01, CASE WHEN y % 5 = 4 THEN 180 - 0.01 WHEN y < 3 THEN 180 - 0.01 * (3 - y) ELSE -180 + 0.01 * (y - 3) END
    FROM generate_series(w, w + 1) v, generate_series(0, size - 1) x, generate_series(0, size - 1) y;
    -- A grid (in some worlds each segment takes as long, and none is as long as another), parallel segments, loops, and some from anywhere to anywhere; many of a branch only.
    INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, timeline_id, class, max_height_m, max_weight_kg, gate)
    SELECT v.w * 10000 + row_number() OVER (PARTITION BY v.w), v.w, a, b,
        l.m, CASE WHEN few THEN l.m / 100 * 3.6 ELSE 10 + random() * 110 END, CASE WHEN random() < 0.1 AND NOT few THEN random() ELSE 0 END, random() < 0.2,
        CASE WHEN random() < 0.15 THEN v.w * 10 + 1 + floor(random() * 5) END,
        pick('road', 'road', 'path', 'highway', NULL), CASE WHEN random() < 0.1 THEN 2 + random() * 3 END, CASE WHEN random() < 0.1 THEN 1000 + random() * 9000 END, random() < 0.1
    FROM generate_series(w, w + 1) v (w)
        CROSS JOIN LATERAL (
            SELECT p.id AS a, q.id AS b FROM timevmaps.places p JOIN timevmaps.places q ON q.world_id = v.w AND p.world_id = v.w
                AND (q.id = p.id + size OR q.id = p.id + 1 AND (p.id - v.w * 1000) % size < size - 1) WHERE random() < 0.9
            UNION ALL
            SELECT v.w * 1000 + floor(random() * size * size), v.w * 1000 + floor(random() * size * size) FROM generate_series(1, size)
            UNION ALL
            SELECT p.id, p.id + 1 FROM timevmaps.places p WHERE p.world_id = v.w AND p.id < v.w * 1000 + size * size - 1 AND random() < 0.1
            UNION ALL
            SELECT p.id, p.id FROM timevmaps.places p WHERE p.world_id = v.w AND random() < 0.1) e CROSS JOIN LATERAL (SELECT 300 + random() * 1500 AS m WHERE e.a > 0) l;
    INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, closed, speed_kph, class, max_height_m, gate)
    SELECT s.world_id, s.world_id * 10 + 1 + floor(random() * 5), s.id, pick('t', 'f', NULL, NULL)::boolean, CASE WHEN random() < 0.5 THEN 5 + random() * 90 END,
        pick('road', 'path', NULL, NULL), CASE WHEN random() < 0.2 THEN 'infinity'::float END, pick('t', NULL, NULL)::boolean
    FROM timevmaps.segments s WHERE s.world_id IN (w, w + 1) AND random() < 0.2 ON CONFLICT DO NOTHING;
    PERFORM rules(w, size * 4);
    PERFORM rules(w + 1, size);
    INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, fidelity, bidirectional)
    SELECT w * 1000 + n, f * 10 + 1 + floor(random() * 5), f * 1000 + floor(random() * (size * size / 2)), t * 10 + 1 + floor(random() * 5), t * 1000 + size * size - 1 - floor(random() * (size * size / 2)),
        CASE WHEN few THEN 100 ELSE random() * 300 END, 10, pick('1', '0.5', '1', '0')::float, random() < 0.5
    FROM (SELECT n, w + (random() < 0.3)::integer AS f, w + (random() < 0.3)::integer AS t FROM generate_series(1, size * 2) n) g
    ON CONFLICT DO NOTHING;
    INSERT INTO timevmaps.vehicle_profiles (world_id, name, timeline_id, speeds, max_speed_kph, forbidden, height_m, weight_kg, gates, gateways)
    SELECT w, 'lorry', l, '{"road": 40, "highway": 80}'::jsonb, CASE WHEN few THEN 36 ELSE 60 END, CASE WHEN l IS NULL THEN '{path}'::text[] ELSE '{}' END, 3.5, 5000, l IS NULL, random() < 0.7
    FROM unnest(ARRAY[NULL, w * 10 + 3]) l;
    INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors)
    SELECT w * 10 + n, w, n, (SELECT array_agg((ARRAY[0.5, 1, 1.5])[1 + (h * (n + 1)) % 3]) FROM generate_series(1, 168) h) FROM generate_series(1, 4) n;
    INSERT INTO timevmaps.segment_profiles (world_id, segment_id, profile_id) SELECT w, s.id, w * 10 + 1 + s.id % 4 FROM timevmaps.segments s WHERE s.world_id = w AND random() < 0.3;
END $$;
CREATE FUNCTION turnings(world bigint) RETURNS TABLE (f bigint, v bigint, t bigint) LANGUAGE sql AS $$
    SELECT DISTINCT f.id, v.id, t.id FROM timevmaps.segments f CROSS JOIN LATERAL (VALUES (f.a_place_id), (f.b_place_id)) v (id)
        JOIN timevmaps.segments t ON t.world_id = world AND v.id IN (t.a_place_id, t.b_place_id) WHERE f.world_id = world
$$;
CREATE FUNCTION rules(world bigint, how_many integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.turns (world_id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
    SELECT world, CASE WHEN random() < 0.6 THEN world * 10 + 1 + floor(random() * 5) END, t.f, t.v, t.t, k.rule, CASE WHEN k.rule = 'cost' THEN (ARRAY[0, 5, 30.5, 1e4])[1 + floor(random() * 4)] END
    FROM (SELECT * FROM turnings(world) ORDER BY random() LIMIT how_many) t CROSS JOIN LATERAL (SELECT pick('no', 'no', 'only', 'cost', 'cost') AS rule WHERE t.f > 0) k
    ON CONFLICT DO NOTHING
$$;
-- A list of what may be supposed.
CREATE FUNCTION supposed(w bigint) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT jsonb_agg(e ORDER BY random()) FROM (
        SELECT jsonb_build_object('segment_id', s.id, 'closed', pick('t', 'f', NULL)::boolean, 'speed_kph', CASE WHEN random() < 0.4 THEN round((3 + random() * 100)::numeric, 3) END,
            'length_m', CASE WHEN random() < 0.2 THEN 100 + round(random() * 1000) END, 'base_drag', CASE WHEN random() < 0.2 THEN 0.25 END,
            'class', pick('road', 'path', 'highway', NULL, NULL), 'max_height_m', CASE WHEN random() < 0.2 THEN 3 END, 'gate', pick('t', 'f', NULL, NULL)::boolean) AS e
        FROM timevmaps.segments s WHERE s.world_id = w AND random() < 0.1
        UNION ALL
        SELECT jsonb_build_object('turn', jsonb_strip_nulls(jsonb_build_object('from_segment_id', t.f, 'via_place_id', t.v, 'to_segment_id', t.t, 'rule', k.rule,
            'penalty_s', CASE WHEN k.rule = 'cost' THEN (ARRAY[0, 12])[1 + floor(random() * 2)] END)))
        FROM (SELECT * FROM turnings(w) ORDER BY random() LIMIT 8) t CROSS JOIN LATERAL (SELECT pick('no', 'only', 'cost') AS rule WHERE t.f > 0) k
        UNION ALL
        SELECT jsonb_build_object('gateway_id', g.id) || pick('{"closed": true}', '{"closed": false}', '{"penalty_s": 3}', '{"penalty_s": 33}')::jsonb FROM timevmaps.gateways g WHERE w IN (g.from_world_id, g.to_world_id) AND random() < 0.2) l
$$;
-- The same as rows of a timeline.
CREATE FUNCTION write(line bigint, list jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    e jsonb;
BEGIN
    FOR e IN SELECT * FROM jsonb_array_elements(list) LOOP
        IF e ? 'segment_id' THEN
            INSERT INTO timevmaps.segment_overrides AS o (timeline_id, segment_id, closed, speed_kph, length_m, base_drag, class, max_height_m, gate)
            VALUES (line, (e ->> 'segment_id')::bigint, (e ->> 'closed')::boolean, (e ->> 'speed_kph')::float, (e ->> 'length_m')::float, (e ->> 'base_drag')::float, e ->> 'class', (e ->> 'max_height_m')::float, (e ->> 'gate')::boolean)
            ON CONFLICT (timeline_id, segment_id) DO UPDATE SET closed = coalesce(EXCLUDED.closed, o.closed), speed_kph = coalesce(EXCLUDED.speed_kph, o.speed_kph), length_m = coalesce(EXCLUDED.length_m, o.length_m),
                base_drag = coalesce(EXCLUDED.base_drag, o.base_drag), class = coalesce(EXCLUDED.class, o.class), max_height_m = coalesce(EXCLUDED.max_height_m, o.max_height_m), gate = coalesce(EXCLUDED.gate, o.gate);
        ELSIF e ? 'turn' THEN
            e := e -> 'turn';
            DELETE FROM timevmaps.turns WHERE timeline_id = line AND from_segment_id = (e ->> 'from_segment_id')::bigint AND via_place_id = (e ->> 'via_place_id')::bigint AND to_segment_id = (e ->> 'to_segment_id')::bigint;
            INSERT INTO timevmaps.turns (timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
            VALUES (line, (e ->> 'from_segment_id')::bigint, (e ->> 'via_place_id')::bigint, (e ->> 'to_segment_id')::bigint, e ->> 'rule', (e ->> 'penalty_s')::float);
        ELSIF e ? 'penalty_s' THEN
            UPDATE timevmaps.gateways SET base_penalty_s = (e ->> 'penalty_s')::float, decoherence_s = 0, fidelity = 1 WHERE id = (e ->> 'gateway_id')::bigint;
        ELSIF (e ->> 'closed')::boolean THEN
            UPDATE timevmaps.gateways SET fidelity = 0 WHERE id = (e ->> 'gateway_id')::bigint;
        END IF;
    END LOOP;
END $$;
-- Each question alone, so that what fails says how; texts of doubles are exact.
CREATE FUNCTION answers(w bigint, line bigint, a bigint, b bigint, c bigint, dest bigint, metric text, profile text, list jsonb) RETURNS TABLE (what text, answer text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    questions text[] := ARRAY[
        ['cost', $sql$(SELECT to_jsonb(r)::text FROM timevmaps.tv_route_cost(w, line, a, b, dest, metric, profile, list) r)$sql$],
        ['plan', $sql$(SELECT (to_jsonb(r) - '{created_at,overrides}'::text[])::text FROM timevmaps.tv_plan_route(w, line, a, b, dest, metric, profile, list) r)$sql$],
        ['steps', $sql$(SELECT string_agg(to_jsonb(r)::text, E'\n' ORDER BY seq) FROM timevmaps.tv_route_steps(w, line, a, b, dest, metric, profile, list) r)$sql$],
        ['matrix', $sql$(SELECT string_agg(format('%s %s %s', origin_place_id, dest_place_id, round(cost::numeric, 6)), ' ' ORDER BY origin_place_id, dest_place_id) FROM timevmaps.tv_cost_matrix(w, line, ARRAY[a, c], ARRAY[b, a, c], metric, profile, list) r)$sql$],
        ['isochrone', $sql$(SELECT string_agg(to_jsonb(r)::text, E'\n' ORDER BY cost, timeline_id, place_id) FROM timevmaps.tv_isochrone(w, line, a, 700, metric, profile, list) r)$sql$],
        ['alternatives', $sql$(SELECT string_agg((to_jsonb(r) - '{created_at}'::text[])::text, E'\n' ORDER BY rank) FROM timevmaps.tv_route_alternatives(w, line, a, b, dest, metric, profile => q.profile, overrides => list) r
            WHERE r.rank = 1)$sql$],
        ['departure', $sql$(SELECT string_agg((to_jsonb(r) - '{created_at}'::text[])::text, E'\n') FROM timevmaps.tv_plan_route_at(w, line, a, b, '2030-01-01 08:37:11+00', dest, profile, list) r)$sql$],
        ['trip', $sql$(SELECT string_agg((to_jsonb(r) - '{created_at}'::text[])::text, E'\n' ORDER BY seq) FROM timevmaps.tv_plan_trip(w, line, ARRAY[a, c, b, c], 'best', true, metric => q.metric, profile => q.profile, overrides => list) r)$sql$],
        ['explain', $sql$(SELECT string_agg((to_jsonb(r) - CASE WHEN list IS NULL THEN '{created_at}' ELSE '{decided}' END::text[])::text, E'\n' ORDER BY seq) FROM timevmaps.tv_route_explain(w, line, a, b, dest, metric, profile, list) r)$sql$],
        ['points', $sql$(SELECT string_agg((to_jsonb(r) - '{created_at}'::text[])::text, E'\n') FROM timevmaps.tv_plan_point_route(w, line, 180 - (a % 4) * 0.003, (a % 7) * 0.01 + 0.003, -180 + (b % 5) * 0.006, (b % 6) * 0.01 + 0.001, metric => q.metric, profile => q.profile, overrides => list) r)$sql$],
        ['points at places', $sql$(SELECT string_agg((to_jsonb(r) - '{created_at}'::text[])::text, E'\n') FROM timevmaps.places p, timevmaps.places o,
            timevmaps.tv_plan_point_route(w, line, p.lon, p.lat, o.lon, o.lat, metric => q.metric, profile => q.profile, overrides => list) r WHERE p.id = a AND o.id = b)$sql$],
        ['points at one place', $sql$(SELECT string_agg((to_jsonb(r) - '{created_at}'::text[])::text, E'\n') FROM timevmaps.places p,
            timevmaps.tv_plan_point_route(w, line, p.lon, p.lat, p.lon, p.lat, metric => q.metric, profile => q.profile, overrides => list) r WHERE p.id = c)$sql$],
        ['points beside', $sql$(SELECT string_agg((to_jsonb(r) - '{created_at}'::text[])::text, E'\n') FROM timevmaps.tv_plan_point_route(w, line, 179.99, (a % 7) * 0.01 + 0.003, 179.99, (a % 7) * 0.01 + 0.001 + (b % 3) * 0.002, metric => q.metric, profile => q.profile, overrides => list) r)$sql$]];
    i integer;
BEGIN
    FOR i IN 1 .. cardinality(questions) / 2 LOOP
        what := questions[i][1];
        BEGIN
            EXECUTE 'SELECT ' || questions[i][2] || ' FROM (SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9) q (w, line, a, b, c, dest, metric, profile, list)'
                INTO answer USING w, line, a, b, c, dest, metric, profile, list;
        EXCEPTION WHEN OTHERS THEN answer := SQLSTATE || ' ' || SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END $$;
SQL

my $seed = $ENV{TV_SEED} // 3;
my $rounds = $ENV{TV_ROUNDS} // 4;
my $session = TvSession->new($cluster, 'app');

# Answers as a hash: what => answer, or the state of an error.
sub answers
{
	my ($prepared, $call) = @_;
	$session->query("SET timevmaps.prepared_graph = $prepared");
	my $rows = $session->query("SELECT what || '=' || coalesce(answer, 'none') FROM answers($call)");
	return { map { /\A([a-z ]+)=(.*)\z/s } split /\n(?=[a-z ]+=)/, $rows };
}

my %count;
sub compare
{
	my ($what, $x, $y) = @_;
	my @apart = grep { ($x->{$_} // '') ne ($y->{$_} // '') } sort keys %{ { %$x, %$y } };
	ok(!@apart, join ' ', $what, @apart);
	diag(map { "$_\n" . substr($x->{$_} // '-', 0, 1500) . "\n--\n" . substr($y->{$_} // '-', 0, 1500) . "\n" } @apart[0 .. (@apart > 3 ? 2 : $#apart)]) if @apart;
	$count{"$_ " . (!defined $x->{$_} ? 'no' : $x->{$_} eq 'none' ? 'none' : $x->{$_} =~ /\A(\w{5}) / ? $x->{$_} : 'yes')}++ for keys %$x;
	return;
}

for my $round (1 .. $rounds)
{
	my $w = $round * 2;
	srand $seed;
	my $size = 4 + int rand 4;
	$cluster->query("app", "SELECT setseed(" . ($seed % 1000) / 1000 . "); SELECT make($w, $size)");
	$session->query("SELECT * FROM timevmaps.tv_prepare_graph($_)") for $w, $w + 1;
	for my $n (1 .. $ENV{TV_QUESTIONS} // 6)
	{
		my $line = $w * 10 + 4 + int rand 2;
		my @place = map { $w * 1000 + int rand $size * $size } 1 .. 3;
		my $dest = rand() < 0.6 ? $line : $w * 10 + 1 + int rand 5;
		my $metric = (qw(local distance traveler coordinate))[rand 4];
		my $profile = rand() < 0.5 ? 'none' : 'lorry';
		my $list = $session->query("SELECT coalesce(supposed($w), '[]')");
		my $call = "$w, $line, $place[0], $place[1], $place[2], $dest, '$metric', '$profile', ";
		my $name = "seed $seed, $call";
		compare("$name prepared and rows", answers('on', "$call NULL"), answers('off', "$call NULL"));
		my $graph = answers('on', "$call '$list'");
		my $rows = answers('off', "$call '$list'");
		compare("$name supposed, prepared and rows", $graph, $rows);
		$session->query('BEGIN');
		$session->query("SELECT write($line, '$list')");
		my $explain = delete $rows->{explain};
		$_ = answers($_ ? 'on' : 'off', "$call NULL") for my @written = (0, 1);
		compare("$name written, prepared and rows", $written[1], $written[0]);
		delete $_->{explain} for @written;
		compare("$name supposed and written", $rows, $written[0]);
		if ($n % 2) { $session->query('ROLLBACK') }
		else { $session->query('COMMIT'); compare("$name committed", answers('on', "$call NULL"), answers('off', "$call NULL")) }
	}
	$seed++;
}
note("$_: $count{$_}") for sort keys %count;
done_testing();
