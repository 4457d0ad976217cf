# Rules for turns, answered from prepared graphs as from the rows, to the bit: random worlds with branches,
# gateways and rules of all kinds, and questions of routes there.
#
#     my $turns = TvTurns->new;                     # a cluster with the worlds 1 to 4, in the database app
#     my $session = $turns->fresh('one');
#     $turns->same($session, 'edited');             # tests, a world each, that both answer the same
#     is($turns->sources($session, 1), '3 0 0');    # answered by graphs, by rows; graphs that were built
package TvTurns;
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $worlds = <<'SQL';
-- Two worlds: in the second lengths are few, so that ways cost the same.
CREATE FUNCTION grid(world bigint, size integer, few boolean) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.places (id, world_id, lat, lon)
    SELECT world * 10000 + x * size + y, world, 50 + x * 0.01, 10 + y * 0.01 + (x * 7 + y * 3) % 5 * 0.0004 FROM generate_series(0, size - 1) x, generate_series(0, size - 1) y;
    INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, oneway)
    SELECT world * 10000 + row_number() OVER (ORDER BY p.id, q.id), world, p.id, q.id,
        CASE WHEN few THEN 1000 ELSE 900 + random() * 900 END, CASE WHEN few THEN 36 ELSE 20 + random() * 70 END, random() < 0.1
    FROM timevmaps.places p JOIN timevmaps.places q ON q.world_id = world AND (q.id = p.id + size OR (q.id = p.id + 1 AND q.lat = p.lat)) WHERE p.world_id = world
$$;
-- So many rules at random turns of a world, also where there are some already.
CREATE FUNCTION rules(world bigint, how_many integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO timevmaps.turns (world_id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
    SELECT world, t.id, s.id, v.place, r.id, k.rule, CASE WHEN k.rule = 'cost' THEN (ARRAY[0, 5, 30.5, 1e4])[1 + floor(random() * 4)] END
    FROM generate_series(1, how_many) n
        CROSS JOIN LATERAL (SELECT s.id, s.a_place_id, s.b_place_id, random() AS toss FROM timevmaps.segments s WHERE s.world_id = world AND n > 0 ORDER BY random() LIMIT 1) s
        CROSS JOIN LATERAL (SELECT CASE WHEN s.toss < 0.5 THEN s.a_place_id ELSE s.b_place_id END AS place) v
        CROSS JOIN LATERAL (SELECT r.id FROM timevmaps.segments r WHERE v.place IN (r.a_place_id, r.b_place_id) ORDER BY random() LIMIT 1) r
        CROSS JOIN LATERAL (SELECT t.id FROM (SELECT t.id FROM timevmaps.timelines t WHERE t.world_id = world UNION ALL SELECT NULL) t WHERE n > 0 ORDER BY random() LIMIT 1) t
        CROSS JOIN LATERAL (SELECT (ARRAY['no', 'no', 'only', 'cost', 'cost'])[1 + floor(random() * 5)] AS rule WHERE n > 0) k
    ON CONFLICT DO NOTHING
$$;
SELECT setseed(0.3);
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{}'), (2, 'two', '{"sr": false, "clock": "local"}'), (3, 'three', '{"sr": false, "u_turn_s": 7}'), (4, 'four', '{"sr": false, "u_turn_s": "no"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) SELECT w * 10 + t, w, t, nullif(w * 10 + (ARRAY[0, 1, 2, 1])[t], w * 10) FROM generate_series(1, 4) w, generate_series(1, 4) t;
SELECT grid(w, 13, w = 2) FROM generate_series(1, 4) w;
SELECT rules(w, 60) FROM generate_series(1, 4) w;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed, speed_kph)
SELECT s.world_id * 10 + 2 + s.id % 3, s.id, CASE WHEN random() < 0.5 THEN true END, 10 + random() * 50 FROM timevmaps.segments s WHERE random() < 0.08;
UPDATE timevmaps.segments SET timeline_id = world_id * 10 + 2 WHERE id % 37 = 0 AND NOT EXISTS (SELECT FROM timevmaps.segment_overrides o WHERE o.segment_id = id);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, bidirectional)
SELECT w * 10 + a, w * 10000 + (n * 37) % 169, w * 10 + b, w * 10000 + (n * 53) % 169, n, n % 2 = 0
FROM generate_series(1, 3) w, generate_series(1, 4) n, (VALUES (2, 4), (4, 3)) g (a, b);

-- What is asked, with prepared graphs or without: texts of doubles are exact.
CREATE FUNCTION answers(world bigint, seed integer) RETURNS TABLE (question text, answer text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    line bigint;
    other bigint;
    metric text;
    a bigint;
    b bigint;
    n integer;
    what text;
    -- Which of the ways that have all in common is taken, nobody has said.
    left_out text[] := CASE WHEN world = 2 THEN '{created_at,geom,path_place_ids,sharing}' ELSE '{created_at,geom}' END;
BEGIN
    FOR n IN seed .. seed + 3 LOOP
        line := world * 10 + 1 + n % 4;
        other := CASE WHEN world < 4 AND n % 3 = 0 THEN world * 10 + 3 ELSE line END;
        metric := (ARRAY['local', 'distance', 'traveler', 'coordinate'])[1 + n / 4 % 4];
        a := world * 10000 + n * 7919 % 169;
        b := world * 10000 + n * 104729 % 169;
        what := format('%s: %s from %s to %s on %s', metric, n, a, b, line);
        question := 'steps, ' || what;
        answer := (SELECT string_agg(to_jsonb(s)::text, E'\n' ORDER BY s.seq) FROM timevmaps.tv_route_steps(world, line, a, b, other, metric) s WHERE world <> 2);
        RETURN NEXT;
        question := 'cost, ' || what;
        answer := (SELECT to_jsonb(c)::text FROM timevmaps.tv_route_cost(world, line, a, b, other, metric) c);
        RETURN NEXT;
        question := 'back, ' || what;
        answer := (SELECT to_jsonb(c)::text FROM timevmaps.tv_route_cost(world, line, b, a, line, metric) c);
        RETURN NEXT;
        question := 'itself, ' || what;
        answer := (SELECT to_jsonb(c)::text FROM timevmaps.tv_route_cost(world, line, a, a, line, metric) c);
        RETURN NEXT;
        -- Added up in another order.
        question := 'matrix, ' || what;
        answer := (SELECT string_agg(format('%s %s %s', m.origin_place_id, m.dest_place_id, round(m.cost::numeric, 6)), ' ' ORDER BY m.origin_place_id, m.dest_place_id)
                   FROM timevmaps.tv_cost_matrix(world, line, ARRAY[a, b, a + 1 - 2 * (a % 10000 / 168)], ARRAY[b, a, world * 10000 + 84], metric) m);
        RETURN NEXT;
        question := 'isochrone, ' || what;
        answer := (SELECT string_agg(to_jsonb(i)::text, E'\n' ORDER BY i.cost, i.timeline_id, i.place_id) FROM timevmaps.tv_isochrone(world, line, a, CASE metric WHEN 'distance' THEN 8000 ELSE 900 END, metric) i);
        RETURN NEXT;
        question := 'alternatives, ' || what;
        answer := (SELECT string_agg((to_jsonb(r) - left_out)::text, E'\n' ORDER BY r.rank) FROM timevmaps.tv_route_alternatives(world, line, a, b, metric => metric) r WHERE r.rank = 1) ;
        RETURN NEXT;
        question := 'departure, ' || what;
        answer := (SELECT string_agg((to_jsonb(r) - left_out)::text, E'\n') FROM timevmaps.tv_plan_route_at(world, line, a, b, '2030-01-01 08:00+00') r);
        RETURN NEXT;
        question := 'points, ' || what;
        answer := (SELECT string_agg(format('%s %s', round(r.distance_m::numeric, 5), round(r.local_seconds::numeric, 5)), E'\n') FROM
            timevmaps.tv_plan_point_route(world, line, 10 + n * 31 % 120 * 0.001, 50 + n * 57 % 120 * 0.001, 10 + n * 71 % 120 * 0.001, 50 + n * 13 % 120 * 0.001, metric => metric) r);
        RETURN NEXT;
    END LOOP;
END $$;
SQL

sub new
{
	my ($class) = @_;
	my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off', "shared_preload_libraries = 'timevmaps'"]);
	$cluster->setup('app');
	$cluster->query('app', $worlds);
	return bless { cluster => $cluster, seed => 1, asked => 0 }, $class;
}

sub fresh { return TvSession->new($_[0]{cluster}, 'app', $_[1] // 'new') }

sub asked { return $_[0]{asked} }

# The server is killed, and starts again.
sub crash
{
	my ($self) = @_;
	$self->{cluster}->stop('immediate');
	$self->{cluster}->start;
	return;
}

# Answers by the lines that they begin with.
sub pairs
{
	my ($p, $r) = map { [ split /\n(?=\w+, )/ ] } @_;
	return map { [ $p->[$_] // '', $r->[$_] // '' ] } 0 .. ($#$p > $#$r ? $#$p : $#$r);
}

# Whether a session has the same answers both ways; they are told apart by the question.
sub same
{
	my ($self, $session, $what, @worlds) = @_;
	my $seed = $self->{seed};
	my $right = 1;
	for my $world (@worlds ? @worlds : 1 .. 4)
	{
		my $compare = "SELECT question, answer FROM answers($world, $seed) ORDER BY question";
		$session->query('SET timevmaps.prepared_graph = on');
		my $prepared = $session->run($compare);
		$session->query('SET timevmaps.prepared_graph = off');
		my $rows = $session->run($compare);
		$session->query('RESET timevmaps.prepared_graph');
		$self->{asked}++;
		my @apart = grep { $_ ne '' } map { my ($p, $r) = @$_; $p eq $r ? '' : substr($p, 0, 1000) . "\nby the rows:\n" . substr $r, 0, 1000 }
			pairs($prepared->{rows}, $rows->{rows});
		$right &&= ok(!@apart && $rows->{sqlstate} eq '', "$what, world $world, seed $seed") || (diag(join "\n", @apart[0 .. (@apart > 2 ? 1 : $#apart)]), 0)[1];
	}
	$self->{seed} += 4;
	return $right;
}

# Questions that graphs and rows have answered, and graphs that were built.
sub counted
{
	my ($self) = @_;
	my $metrics = $self->{cluster}->query('app', 'SELECT timevmaps.tv_metrics()');
	return map { $metrics =~ /^timevmaps_graph_$_ (\d+)/m ? $1 : die $_ } 'answers_total\{source="graph"\}', 'answers_total\{source="rows"\}', 'builds_total';
}

# Who is answered by what.
sub sources
{
	my ($self, $session, $world) = @_;
	my @before = $self->counted;
	$session->query("SELECT FROM timevmaps.tv_route_cost($world, $world * 10 + 2, $world * 10000 + 5, $world * 10000 + 160)") for 1 .. 3;
	my @after = $self->counted;
	return join ' ', map { $after[$_] - $before[$_] } 0 .. 2;
}

1;
