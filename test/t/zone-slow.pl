# A world in which it takes long, or cannot be found out, who enters and leaves zones keeps no other world waiting.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('slow'), ('quick');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (2, 'root');
    INSERT INTO timevmaps.layers (world_id, name) VALUES (1, 'l'), (2, 'l');
    INSERT INTO timevmaps.zones (layer_id, name, geom) SELECT g, 'a', ST_Multi(ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))', 4326)) FROM generate_series(1, 2) g;
    INSERT INTO timevmaps.vehicles (world_id, name) SELECT w, 'v' || w || g FROM generate_series(1, 2) w, generate_series(1, 4) g ORDER BY w, g;
    CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON timevmaps.zone_told FOR EACH ROW WHEN (NEW.world_id = 1) EXECUTE FUNCTION public.slow()});

sub report
{
	my ($world, $vehicle) = @_;
	q1("INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES ($world, $world, $vehicle, clock_timestamp() - interval '20 s', 0.5, 2),
	    ($world, $world, $vehicle, clock_timestamp() - interval '10 s', 0.5, 0.5)");
	return;
}
sub told { return q1("SELECT count(*) FROM timevmaps.events e WHERE e.type = 'tv_zone_entered' AND e.subject = $_[0]") }
sub seconds_until_told { my ($vehicle) = @_; my $began = time; sleep 0.1 while !told($vehicle) && time < $began + 50; return time - $began }

report(1, 1);
sleep 1;    # it is at it
report(2, 5);
cmp_ok(seconds_until_told(5), '<', 15, 'who comes after a slow world is told within seconds');
report(1, 2);
report(2, 6);
cmp_ok(seconds_until_told(6), '<', 3, '... and then at once, for the slow one is put off');
is(told(1) . told(2), '00', '... of which nobody was told');
like($cluster->log_text, qr/who enters and leaves zones is not told: canceling statement/, '... as the log says');

# The sweep, which finds whom nobody was told of, begins with the first world each time.
q1('SELECT timevmaps.tv_stop_worker()');
ok($cluster->poll('app', "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type ~ 'timevmaps (worker|notifier)'"), 'no worker is alive');
report(2, 7);
q1(q{CREATE OR REPLACE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$});
is(q1("SELECT after_timeline IS NULL, told, last_world FROM timevmaps_internal.tv_zones_sweep(NULL, '{}', 0, 0)"), 't|1|2', 'a sweep goes on behind a world that it fails in');
is(told(7), 1, '... and what it has told there is told');
report(2, 8);
q1(q{CREATE OR REPLACE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$});
is(q1("SELECT after_timeline, last_world FROM timevmaps_internal.tv_zones_sweep(NULL, '{}', 0, 0)"), '1|1', 'where one takes long, that is all for now');
is(q1("SELECT told, last_world FROM timevmaps_internal.tv_zones_sweep(NULL, '{1}', 0, 0)"), '1|2', 'and one that is put off is left out');
done_testing();
