# Before tv_init() has run, what needs tables says so, with the statement to run; what
# needs none works.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $cluster = TvCluster->new;
$cluster->query('postgres', 'CREATE DATABASE bare');
$cluster->query('bare', 'SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE');

for my $statement (
	'SELECT * FROM timevmaps.tv_plan_route(1, 1, 1, 2)',
	'SELECT timevmaps.tv_save_route(1, 1, 1, 2)',
	'SELECT * FROM timevmaps.tv_route_steps(1, 1, 1, 2)',
	'SELECT * FROM timevmaps.tv_route_cost(1, 1, 1, 2)',
	"SELECT * FROM timevmaps.tv_cost_matrix(1, 1, '{1}', '{2}')",
	'SELECT * FROM timevmaps.tv_isochrone(1, 1, 1, 60)',
	'SELECT * FROM timevmaps.tv_route_alternatives(1, 1, 1, 2)',
	'SELECT * FROM timevmaps.tv_route_diff(1, 2, 1, 2)',
	'SELECT * FROM timevmaps.tv_snap(1, 1, 0, 0)',
	'SELECT * FROM timevmaps.tv_plan_point_route(1, 1, 0, 0, 1, 1)',
	"SELECT timevmaps.tv_branch(1, 'x')",
	"SELECT timevmaps.tv_submit_experiment(1, 1, 'sr')",
	'SELECT timevmaps.tv_cancel_experiment(1)',
	'SELECT timevmaps.tv_retry_experiment(1)',
	'SELECT timevmaps.tv_metrics()',
	"SELECT timevmaps.tv_circuit('bell')",
	'CALL timevmaps.tv_work(1)')
{
	my ($status, undef, $err) = $cluster->psql('bare', $statement);
	my ($state) = $err =~ /ERROR:\s+([0-9A-Z]{5}):/;
	is($state, '55000', "55000: $statement") or diag($err);
	like($err, qr/HINT:.*SELECT \* FROM timevmaps\.tv_init\(\)/, 'with its hint') if ($state // '') eq '55000';
}
is($cluster->query('bare', 'SELECT timevmaps.tv_gamma(0)'), '1', 'relativity needs no tables');
is($cluster->query('bare', q(SELECT timevmaps.tv_expectation('{"qubits": 1, "gates": []}', 'Z0'))), '1', 'nor do circuits');
is($cluster->query('bare', "SELECT distance_m FROM timevmaps.tv_eta('[{\"length_m\": 5, \"speed_kph\": 1}]')"), '5', 'nor does tv_eta');
is($cluster->query('bare', 'DROP EXTENSION timevmaps; SELECT 1'), '1', 'and without tables it goes as it came');
done_testing();
