# What somebody has locked, as a cancel of thousands does, is passed: it keeps neither what is behind it nor who locked it waiting.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 2', 'max_prepared_transactions = 2']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
my $many = 6000;
my $session = TvSession->new($cluster, 'app', 'who cancels');

q1(q{INSERT INTO timevmaps.worlds (name) VALUES ('w'); INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root')});
for my $kind (['sr', '{"v_mps": 1}', 'short ones'], ['quantum', '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}]}, "options": {"observables": ["ZZ"]}}', 'others'])
{
	my ($name, $params, $which) = @$kind;
	# A transaction that is prepared wakes nobody, so its client is the first to come.
	$session->query(qq{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at)
		SELECT 1, 1, '$name', '$params', now() + interval '1 hour' FROM generate_series(1, $many)});
	$session->query("BEGIN; UPDATE timevmaps.experiments SET run_at = now() WHERE status = 'queued'");
	$session->query("PREPARE TRANSACTION 'due'");
	$session->query("COMMIT PREPARED 'due'; BEGIN; SELECT count(*) FROM (SELECT FROM timevmaps.experiments WHERE status = 'queued' FOR UPDATE) e");
	my $left = $session->query("SELECT count(*) FROM timevmaps.experiments WHERE status = 'queued'");
	cmp_ok($left, '>', $many / 4, "of the $which many are locked while they wait") or note $left;
	my $behind = q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$name', '$params')");
	ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $behind", 5), '... and one behind them is run');
	my $began = time;
	$session->query("UPDATE timevmaps.experiments SET status = 'cancelled' WHERE status = 'queued'; COMMIT");
	my $took = time - $began;
	cmp_ok($took, '<', 10, '... and who holds them can cancel them') and note sprintf '%.2f s', $took;
	is(q1("SELECT count(*) FROM timevmaps.experiments WHERE status NOT IN ('finished', 'cancelled')"), '0', '... all of them');
}
done_testing();
