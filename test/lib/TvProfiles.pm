# A profile answers as a world of its own that holds only what it may use: random worlds, branches that say something
# else of roads, profiles that branches replace, gateways and hours, and copies that SQL makes of them, one world for each
# timeline, with the speeds of the profile, without what is closed to it.
#
#     my $copies = TvProfiles->new;                  # a cluster with the worlds 1 and 2 and profiles there, graphs prepared
#     $copies->is_copy('p1', 3, 'edited');           # tests: every question from timeline 3, by the rows and by graphs
#     $copies->change('edits', $sql, [ 'p1', 3 ]);   # the same after a change
#     $copies->all_asked;                            # tests that there were answers of every kind
package TvProfiles;
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $model = <<'SQL';
CREATE SCHEMA model;
SET search_path = model, public;
CREATE FUNCTION pick(anyarray) RETURNS anyelement LANGUAGE sql AS $$ SELECT $1[1 + floor(random() * cardinality($1))] $$;
CREATE FUNCTION rarely(anyelement, float DEFAULT 0.3) RETURNS anyelement LANGUAGE sql AS $$ SELECT CASE WHEN random() < $2 THEN $1 END $$;
CREATE FUNCTION class() RETURNS text LANGUAGE sql AS $$ SELECT pick(ARRAY['motorway', 'street', 'path', 'Fußweg', NULL, NULL]) $$;
CREATE FUNCTION least_or_none(float) RETURNS float LANGUAGE sql AS $$ SELECT CASE WHEN random() < 0.2 THEN $1 * (1 + floor(random() * 3)) END $$;
SELECT setseed(0.43);

-- Worlds 1 and 2; timelines 1 to 4 of the first (1 <- 2 <- 3, 1 <- 4), 5 and 6 of the second. Places 1 to 40, 41 to 80.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}'),
    (2, 'two', '{"gr": {"gm": 1e23, "r": 6371008.8}, "max_speed_mps": 30, "base_drag": 0.1}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'a', NULL), (2, 1, 'b', 1), (3, 1, 'c', 2), (4, 1, 'd', 1), (5, 2, 'e', NULL), (6, 2, 'f', 5);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT p, 1 + (p - 1) / 40, 50 + random() / 5, 10 + random() / 5 FROM generate_series(1, 80) p;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, timeline_id, class, max_height_m, max_width_m, max_length_m, max_weight_kg, gate, geom)
SELECT row_number() OVER (ORDER BY a.id, b.id), a.world_id, a.id, b.id, 1000 + random() * 9000, 10 + random() * 140, pick(ARRAY[0, 0, 0.5]::float[]), random() < 0.2,
    CASE WHEN random() < 0.15 THEN pick(CASE a.world_id WHEN 1 THEN '{1,2,3,4}'::bigint[] ELSE '{5,6}' END) END,
    class(), least_or_none(1.5), least_or_none(1), least_or_none(4), least_or_none(2000), random() < 0.1,
    CASE WHEN random() < 0.6 THEN st_setsrid(st_makeline(ARRAY[st_point(a.lon, a.lat), st_point((a.lon + b.lon) / 2 + 0.01, (a.lat + b.lat) / 2), st_point(b.lon, b.lat)]), 4326) END
FROM timevmaps.places a JOIN timevmaps.places b ON b.world_id = a.world_id AND b.id <> a.id AND random() < 0.07;
CREATE PROCEDURE say_something(share float) LANGUAGE sql AS $$
    INSERT INTO timevmaps.segment_overrides (world_id, timeline_id, segment_id, closed, length_m, speed_kph, class, max_height_m, max_width_m, max_length_m, max_weight_kg, gate)
    SELECT s.world_id, t.id, s.id, rarely(random() < 0.5), rarely(1000 + random() * 9000), rarely(10 + random() * 140), rarely(class()), rarely(pick('{1,2,3,4,infinity}'::float[])),
           rarely(pick('{1,2,infinity}'::float[])), rarely(pick('{4,8,infinity}'::float[])), rarely(pick('{1000,5000,infinity}'::float[])), rarely(random() < 0.4)
    FROM timevmaps.segments s JOIN timevmaps.timelines t ON t.world_id = s.world_id WHERE s.id < 10000 AND t.id < 1000 AND random() < share
    ON CONFLICT (timeline_id, segment_id) DO UPDATE SET closed = excluded.closed, speed_kph = excluded.speed_kph, class = excluded.class, max_height_m = excluded.max_height_m,
        max_weight_kg = excluded.max_weight_kg, gate = excluded.gate
$$;
CALL say_something(0.15);
INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional)
SELECT n, f, pick(ARRAY(SELECT p.id FROM timevmaps.places p JOIN timevmaps.timelines t ON t.world_id = p.world_id WHERE t.id = f)),
          t, pick(ARRAY(SELECT p.id FROM timevmaps.places p JOIN timevmaps.timelines t2 ON t2.world_id = p.world_id WHERE t2.id = t)), random() * 200, random() < 0.5
FROM generate_series(1, 24) n, LATERAL (SELECT 1 + (random() * 5 + n * 0)::bigint AS f, 1 + (random() * 5 + n * 0)::bigint AS t) g WHERE f <> t;
INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors) SELECT f, 1 + (f - 1) / 2, f, ARRAY(SELECT 0.3 + random() * 2.2 + f * 0 FROM generate_series(1, 168)) FROM generate_series(1, 4) f;
INSERT INTO timevmaps.segment_profiles (world_id, timeline_id, segment_id, profile_id)
SELECT s.world_id, rarely(t.id, 0.7), s.id, rarely(pick(CASE s.world_id WHEN 1 THEN '{1,2}'::bigint[] ELSE '{3,4}' END), 0.8)
FROM timevmaps.segments s JOIN timevmaps.timelines t ON t.world_id = s.world_id WHERE random() < 0.15 ON CONFLICT DO NOTHING;

-- Four names: p1 is of world 1 alone, p3 takes no gateways on some, p4 is replaced on branches.
CREATE PROCEDURE make_profile(world bigint, name text, timeline bigint, gateways boolean) LANGUAGE sql AS $$
    INSERT INTO timevmaps.vehicle_profiles (world_id, name, timeline_id, speeds, max_speed_kph, forbidden, height_m, width_m, length_m, weight_kg, gates, gateways)
    SELECT world, name, timeline, coalesce((SELECT jsonb_object_agg(c, 5 + random() * 100) FROM unnest('{motorway,street,path,Fußweg,other}'::text[]) c WHERE random() < 0.5), '{}'),
           rarely(30 + random() * 50, 0.5), ARRAY(SELECT c FROM unnest('{motorway,street,path,Fußweg}'::text[]) c WHERE random() < 0.15),
           rarely(pick('{1.5,2,3,4.2}'::float[]), 0.5), rarely(1 + random(), 0.5), rarely(3 + random() * 6, 0.5), rarely(pick('{2000,3000}'::float[]), 0.5), random() < 0.6, gateways
$$;
CALL make_profile(1, 'p1', NULL, true);
CALL make_profile(1, 'p2', NULL, true); CALL make_profile(2, 'p2', NULL, true);
CALL make_profile(1, 'p3', NULL, true); CALL make_profile(1, 'p3', 4, false); CALL make_profile(2, 'p3', NULL, false);
CALL make_profile(1, 'p4', 1, true); CALL make_profile(1, 'p4', 2, true); CALL make_profile(1, 'p4', 4, true); CALL make_profile(2, 'p4', NULL, true); CALL make_profile(2, 'p4', 6, true);

------------------------------------------------------------------------ copies
CREATE FUNCTION chain(timeline bigint) RETURNS TABLE (ancestor bigint, depth integer) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up AS (SELECT t.id, t.parent_id, 0 AS depth FROM timevmaps.timelines t WHERE t.id = timeline
        UNION ALL SELECT p.id, p.parent_id, up.depth + 1 FROM up JOIN timevmaps.timelines p ON p.id = up.parent_id)
    SELECT id, depth FROM up $$;
CREATE FUNCTION nearest(wanted text, timeline bigint) RETURNS timevmaps.vehicle_profiles LANGUAGE sql STABLE AS $$
    SELECT p FROM timevmaps.vehicle_profiles p JOIN timevmaps.timelines t ON t.id = timeline AND t.world_id = p.world_id LEFT JOIN chain(timeline) c ON c.ancestor = p.timeline_id
    WHERE p.name = wanted AND (p.timeline_id IS NULL OR c.depth IS NOT NULL) ORDER BY c.depth NULLS LAST LIMIT 1 $$;
-- What there is of segments on a timeline, for a profile.
CREATE FUNCTION usable(timeline bigint, p timevmaps.vehicle_profiles) RETURNS TABLE (segment bigint, a bigint, b bigint, oneway boolean, length_m float, own_kph float, cap float, drag float, geom geometry, follows bigint)
LANGUAGE sql STABLE AS $$
    WITH said AS (
        SELECT s.id, s.a_place_id, s.b_place_id, s.oneway, s.base_drag, s.geom,
            coalesce((SELECT o.closed FROM timevmaps.segment_overrides o JOIN chain(timeline) c ON c.ancestor = o.timeline_id WHERE o.segment_id = s.id AND o.closed IS NOT NULL ORDER BY c.depth LIMIT 1), false) AS closed,
            coalesce((SELECT o.length_m FROM timevmaps.segment_overrides o JOIN chain(timeline) c ON c.ancestor = o.timeline_id WHERE o.segment_id = s.id AND o.length_m IS NOT NULL ORDER BY c.depth LIMIT 1), s.length_m) AS length_m,
            coalesce((SELECT o.speed_kph FROM timevmaps.segment_overrides o JOIN chain(timeline) c ON c.ancestor = o.timeline_id WHERE o.segment_id = s.id AND o.speed_kph IS NOT NULL ORDER BY c.depth LIMIT 1), s.speed_kph) AS speed_kph,
            coalesce((SELECT o.class FROM timevmaps.segment_overrides o JOIN chain(timeline) c ON c.ancestor = o.timeline_id WHERE o.segment_id = s.id AND o.class IS NOT NULL ORDER BY c.depth LIMIT 1), s.class) AS class,
            coalesce((SELECT o.max_height_m FROM timevmaps.segment_overrides o JOIN chain(timeline) c ON c.ancestor = o.timeline_id WHERE o.segment_id = s.id AND o.max_height_m IS NOT NULL ORDER BY c.depth LIMIT 1), s.max_height_m, 'infinity') AS high,
            coalesce((SELECT o.max_width_m FROM timevmaps.segment_overrides o JOIN chain(timeline) c ON c.ancestor = o.timeline_id WHERE o.segment_id = s.id AND o.max_width_m IS NOT NULL ORDER BY c.depth LIMIT 1), s.max_width_m, 'infinity') AS wide,
            coalesce((SELECT o.max_length_m FROM timevmaps.segment_overrides o JOIN chain(timeline) c ON c.ancestor = o.timeline_id WHERE o.segment_id = s.id AND o.max_length_m IS NOT NULL ORDER BY c.depth LIMIT 1), s.max_length_m, 'infinity') AS long,
            coalesce((SELECT o.max_weight_kg FROM timevmaps.segment_overrides o JOIN chain(timeline) c ON c.ancestor = o.timeline_id WHERE o.segment_id = s.id AND o.max_weight_kg IS NOT NULL ORDER BY c.depth LIMIT 1), s.max_weight_kg, 'infinity') AS heavy,
            coalesce((SELECT o.gate FROM timevmaps.segment_overrides o JOIN chain(timeline) c ON c.ancestor = o.timeline_id WHERE o.segment_id = s.id AND o.gate IS NOT NULL ORDER BY c.depth LIMIT 1), s.gate) AS gate,
            (SELECT f.profile_id FROM timevmaps.segment_profiles f LEFT JOIN chain(timeline) c ON c.ancestor = f.timeline_id WHERE f.segment_id = s.id AND (f.timeline_id IS NULL OR c.depth IS NOT NULL) ORDER BY c.depth NULLS LAST LIMIT 1) AS follows
        FROM timevmaps.segments s JOIN timevmaps.timelines t ON t.id = timeline AND t.world_id = s.world_id
        WHERE s.timeline_id IS NULL OR s.timeline_id IN (SELECT ancestor FROM chain(timeline)))
    SELECT id, a_place_id, b_place_id, oneway, length_m, speed_kph, least(p.max_speed_kph, (p.speeds ->> class)::float), base_drag, geom, follows FROM said
    WHERE NOT closed AND NOT coalesce(class = ANY (p.forbidden), false) AND (p.gates IS NOT false OR NOT gate)
      AND coalesce(p.height_m <= high, true) AND coalesce(p.width_m <= wide, true) AND coalesce(p.length_m <= long, true) AND coalesce(p.weight_kg <= heavy, true) $$;

-- Ids of copy k (0: what is copied): of a timeline, of a place or segment on it.
CREATE FUNCTION of_timeline(k bigint, t bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT CASE k WHEN 0 THEN t ELSE k * 1000 + t END $$;
CREATE FUNCTION of_world(k bigint, t bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN k > 0 THEN k * 1000 + t WHEN t < 5 THEN 1 ELSE 2 END $$;
CREATE FUNCTION of_thing(k bigint, t bigint, id bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT CASE k WHEN 0 THEN id ELSE k * 1000000 + t * 10000 + id END $$;
CREATE PROCEDURE copy(k bigint, wanted text, origin bigint) LANGUAGE plpgsql AS $$
DECLARE
    t bigint;
    p timevmaps.vehicle_profiles;
    taken bigint[] := '{}';
BEGIN
    FOR t IN SELECT id FROM timevmaps.timelines WHERE id < 7 ORDER BY id LOOP
        p := nearest(wanted, t);
        IF p IS NULL THEN p := nearest(wanted, origin); END IF;
        IF p.gateways IS NOT false THEN taken := taken || t; END IF;
        INSERT INTO timevmaps.worlds (id, name, rules) SELECT of_world(k, t), k || ' ' || t, w.rules - 'profile' FROM timevmaps.worlds w WHERE w.id = of_world(0, t);
        INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (of_timeline(k, t), of_world(k, t), 'copy');
        INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT of_thing(k, t, c.id), of_world(k, t), c.lat, c.lon FROM timevmaps.places c WHERE c.world_id = of_world(0, t);
        INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, base_drag, oneway, geom)
        SELECT of_thing(k, t, segment), of_world(k, t), of_thing(k, t, a), of_thing(k, t, b), length_m, least(own_kph, cap), drag, oneway, geom FROM usable(t, p);
        -- Hours bound by the profile's speed, too, as factors of the speed that is bound.
        INSERT INTO timevmaps.speed_profiles (id, world_id, name, factors)
        SELECT of_thing(k, t, u.segment), of_world(k, t), u.segment, ARRAY(SELECT least(f * u.own_kph, u.cap) / least(u.own_kph, u.cap) FROM unnest(s.factors) WITH ORDINALITY v (f, n) ORDER BY n)
        FROM usable(t, p) u JOIN timevmaps.speed_profiles s ON s.id = u.follows;
        INSERT INTO timevmaps.segment_profiles (world_id, segment_id, profile_id)
        SELECT of_world(k, t), of_thing(k, t, u.segment), of_thing(k, t, u.segment) FROM usable(t, p) u WHERE u.follows IS NOT NULL;
        INSERT INTO timevmaps.turns (world_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
        SELECT of_world(k, t), of_thing(k, t, r.from_segment_id), of_thing(k, t, r.via_place_id), of_thing(k, t, r.to_segment_id), r.rule, r.penalty_s
        FROM (SELECT DISTINCT ON (u.from_segment_id, u.via_place_id, u.to_segment_id) u.* FROM timevmaps.turns u LEFT JOIN chain(t) c ON c.ancestor = u.timeline_id
              WHERE u.world_id = of_world(0, t) AND (u.timeline_id IS NULL OR c.depth IS NOT NULL) ORDER BY u.from_segment_id, u.via_place_id, u.to_segment_id, c.depth NULLS LAST) r
        WHERE r.from_segment_id IN (SELECT segment FROM usable(t, p)) AND r.to_segment_id IN (SELECT segment FROM usable(t, p));
    END LOOP;
    INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional)
    SELECT k * 1000 + g.id, of_timeline(k, g.from_timeline_id), of_thing(k, g.from_timeline_id, g.from_place_id), of_timeline(k, g.to_timeline_id), of_thing(k, g.to_timeline_id, g.to_place_id),
           g.base_penalty_s, g.bidirectional
    FROM timevmaps.gateways g WHERE g.id < 1000 AND g.from_timeline_id = ANY (taken) AND g.to_timeline_id = ANY (taken);
END
$$;

---------------------------------------------------------------------- questions
CREATE FUNCTION n(float) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT to_char($1, '9.99999999EEEE') $$;
CREATE FUNCTION ids(bigint[], bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT array_to_string(ARRAY(SELECT i % $2 FROM unnest($1) WITH ORDINALITY u (i, n) ORDER BY n), '-', '*') $$;
CREATE TABLE pairs AS SELECT n, 1 + floor(random() * 40)::int AS a, 1 + floor(random() * 40)::int AS b, 1 + floor(random() * 6)::bigint AS t,
    10 + random() / 5 AS x, 50 + random() / 5 AS y, 10 + random() / 5 AS x2, 50 + random() / 5 AS y2, pick(ARRAY['local', 'traveler', 'distance', 'coordinate']) AS metric,
    '2024-01-01 00:00+00'::timestamptz + random() * '7 days'::interval AS at FROM generate_series(1, 12) n;
-- `more` is what is said of the profile, k the copy.
CREATE FUNCTION ask(k bigint, o bigint, more text) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
DECLARE
    world bigint := of_world(k, o);
    timeline bigint := of_timeline(k, o);
    q record;
    to_place bigint; from_place bigint;
    many bigint[];
    turning boolean := EXISTS (SELECT FROM timevmaps.turns);
BEGIN
    -- Which alternatives there are depends on where junctions are split, and a step of no length on nothing.
    FOR q IN SELECT * FROM model.pairs LOOP
        from_place := of_thing(k, o, q.a + CASE WHEN o < 5 THEN 0 ELSE 40 END);
        to_place := of_thing(k, q.t, q.b + CASE WHEN q.t < 5 THEN 0 ELSE 40 END);
        RETURN QUERY EXECUTE format('SELECT concat_ws('' '', ''plan'', %s, ids(path_place_ids, 10000), ids(path_timeline_ids, 1000), n(distance_m), n(local_seconds), n(coordinate_seconds), n(traveler_seconds), n(eta_seconds))
            FROM timevmaps.tv_plan_route(%s, %s, %s, %s, %s, %L%s)', q.n, world, timeline, from_place, to_place, of_timeline(k, q.t), q.metric, more);
        RETURN QUERY EXECUTE format('SELECT concat_ws('' '', ''cost'', %s, n(cost), n(local_seconds)) FROM timevmaps.tv_route_cost(%s, %s, %s, %s, %s, %L%s)',
            q.n, world, timeline, from_place, to_place, of_timeline(k, q.t), q.metric, more);
        RETURN QUERY EXECUTE format('SELECT concat_ws('' '', ''steps'', %s, string_agg(concat_ws('','', segment_id %% 10000, n(distance_m), n(traveler_seconds)), '' '' ORDER BY seq))
            FROM timevmaps.tv_route_steps(%s, %s, %s, %s, %s, %L%s)', q.n, world, timeline, from_place, to_place, of_timeline(k, q.t), q.metric, more);
        RETURN QUERY EXECUTE format('SELECT concat_ws('' '', ''alternative'', %s, rank, ids(path_place_ids, 10000), n(cost), n(1 + sharing))
            FROM timevmaps.tv_route_alternatives(%s, %s, %s, %s, %s, %L%s) WHERE %L OR rank = 1', q.n, world, timeline, from_place, to_place, of_timeline(k, q.t), q.metric, more, NOT turning);
        RETURN QUERY EXECUTE format('SELECT concat_ws('' '', ''departure'', %s, ids(path_place_ids, 10000), n(distance_m), n(local_seconds), n(traveler_seconds))
            FROM timevmaps.tv_plan_route_at(%s, %s, %s, %s, %L, %s%s)', q.n, world, timeline, from_place, to_place, q.at, of_timeline(k, q.t), more);
        RETURN QUERY EXECUTE format('SELECT concat_ws('' '', ''snap'', %s, segment_id %% 10000, n(fraction), n(distance_m)) FROM timevmaps.tv_snap(%s, %s, %s, %s, %L%s)',
            q.n, world, timeline, q.x, q.y, CASE WHEN q.n % 3 = 0 THEN 'largest' ELSE 'any' END, more);
        RETURN QUERY EXECUTE format('SELECT concat_ws('' '', ''points'', %s, CASE WHEN %L THEN concat_ws('' '', from_segment_id %% 10000, to_segment_id %% 10000, ids(path_place_ids, 10000)) END, n(distance_m), n(local_seconds), n(traveler_seconds))
            FROM timevmaps.tv_plan_point_route(%s, %s, %s, %s, %s, %s, %s, %L%s)', q.n, NOT turning, world, timeline, q.x, q.y, q.x2, q.y2, of_timeline(k, q.t), q.metric, more);
    END LOOP;
    SELECT array_agg(of_thing(k, o, p.id) ORDER BY p.id) INTO many FROM timevmaps.places p WHERE p.world_id = of_world(0, o) AND p.id % 3 = 0;
    RETURN QUERY EXECUTE format('SELECT concat_ws('' '', ''matrix'', origin_place_id %% 10000, dest_place_id %% 10000, n(cost)) FROM timevmaps.tv_cost_matrix(%s, %s, %L, %L, %L%s)',
        world, timeline, many, many, 'local', more);
    RETURN QUERY EXECUTE format('SELECT concat_ws('' '', ''isochrone'', place_id %% 10000, timeline_id %% 1000, n(cost)) FROM timevmaps.tv_isochrone(%s, %s, %s, %s, %L%s)',
        world, timeline, of_thing(k, o, CASE WHEN o < 5 THEN 7 ELSE 47 END), 2000, 'traveler', more);
END
$$;
GRANT USAGE ON SCHEMA model TO PUBLIC;
SQL

sub new
{
	my ($class) = @_;
	my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
	$cluster->setup('app');
	my $session = TvSession->new($cluster, 'app', 'session');
	$session->query($model);
	$session->query('SELECT timevmaps.tv_prepare_graph(1); SELECT timevmaps.tv_prepare_graph(2)');
	return bless { cluster => $cluster, session => $session, copies => 0, asked => {} }, $class;
}

# Lines that only one has.
sub difference
{
	my ($here, $there) = map { my %lines; $lines{$_}++ for split /\n/; \%lines } @_;
	return join "\n", (map { "here: $_" } grep { !$there->{$_} } sort keys %$here), map { "there: $_" } grep { !$here->{$_} } sort keys %$there;
}

# The answers for a profile from an origin's timeline are those of a copy of the worlds for it.
sub is_copy
{
	my ($self, $profile, $origin, $what) = @_;
	my $session = $self->{session};
	my $k = ++$self->{copies};
	my $more = $profile eq 'rule' ? '' : $profile eq 'default' ? '' : ", profile => '$profile'";
	my $name = $profile =~ /^(?:rule|default)$/ ? 'p2' : $profile;
	$session->query("SET search_path = model, public; CALL copy($k, '$name', $origin)");
	my $wanted = $session->query("SET timevmaps.prepared_graph = off; SELECT * FROM ask($k, $origin, '') a ORDER BY a");
	my %count;
	$count{$_}++ for $wanted =~ /^(\w+)/mg;
	$self->{asked}{$_} += $count{$_} for keys %count;
	my $quoted = $more =~ s/'/''/gr;
	for my $graph ('off', 'on')
	{
		my $answer = $session->run("SET timevmaps.prepared_graph = $graph; SELECT * FROM ask(0, $origin, '$quoted') a ORDER BY a");
		is(difference($answer->{rows}, $wanted), '', "$what: $profile from $origin, prepared graphs $graph");
	}
	return;
}

sub change
{
	my ($self, $what, $sql, @asked) = @_;
	$self->{session}->query("SET search_path = model, public; $sql");
	$self->is_copy(@$_, $what) for @asked;
	return;
}

sub all_asked
{
	my ($self) = @_;
	cmp_ok($self->{asked}{$_} // 0, '>', 100, "there are answers: $_") for qw(plan cost steps alternative departure snap points matrix isochrone);
	return;
}

1;
