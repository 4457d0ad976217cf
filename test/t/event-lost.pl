# Where more happens than the ring of events holds, what nobody could be told of is counted, is in the log, and who listens is told of the rest.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use TvCluster;
use TvSession;

# Without preloading: a short ring.
my $cluster = TvCluster->new;
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub counted { return q1(qq{SELECT (regexp_match(timevmaps.tv_metrics(), 'timevmaps_$_[0]_total (\\d+)'))[1]}) }
q1(q{INSERT INTO timevmaps.worlds (name) VALUES ('w'); INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root')});
my $cursor = q1('SELECT cursor FROM timevmaps.tv_events_since(1)');
my $listener = TvSession->new($cluster, 'app', 'listener');
$listener->query('LISTEN tv_experiment_submitted');
# Nobody tells of them: there is no worker.
q1(q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) SELECT 1, 1, 'sr', '{"v_mps": 1}', now() + interval '1 day' FROM generate_series(1, 100)}) for 1 .. 5;
q1('INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, \'sr\', \'{"v_mps": 1}\')');
q1('CALL timevmaps.tv_work(1)');
my $written = q1('SELECT count(*) FROM timevmaps.events');
is($written, 502, 'all is in the log: 501 submitted, and one that has finished');
cmp_ok(counted('events_held'), '>=', 200, 'more than the ring holds nobody is told of');
is(counted('events_held') + counted('events_told'), $written, 'each is counted, as told or as not');
my $told = 0;
for (1 .. 50)
{
	my $out = $listener->query('SELECT 1');
	$told += () = $out =~ /"experiment_id"/g;
	$told += $1 while $out =~ /"more": (\d+)/g;
	last if $told;
	sleep 0.05;
}
is($told, counted('events_told') - 1, 'who listens is told of the others');
is(q1("SELECT count(id) FROM timevmaps.tv_events_since(1, '$cursor')"), $written, 'and who asks of all');
done_testing();
