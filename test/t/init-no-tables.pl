# Before tv_init() has run, what needs tables says so, with the statement to run; what
# needs none works.  Where one table is missing among others, that is an error like any other.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
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
	"SELECT * FROM timevmaps.tv_plan_trip(1, 1, '{1,2}')",
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
{
	my (undef, undef, $err) = $cluster->psql('bare', 'SET ROLE tv_player; SELECT * FROM timevmaps.tv_plan_route(1, 1, 1, 2)');
	like($err, qr/55000: timevmaps has no tables in this database/, 'a player is told, too');
	unlike($err, qr/HINT/, '... without the hint, for he may not run it');
}
is($cluster->query('bare', 'SELECT timevmaps.tv_gamma(0)'), '1', 'relativity needs no tables');
is($cluster->query('bare', q(SELECT timevmaps.tv_expectation('{"qubits": 1, "gates": []}', 'Z0'))), '1', 'nor do circuits');
is($cluster->query('bare', "SELECT distance_m FROM timevmaps.tv_eta('[{\"length_m\": 5, \"speed_kph\": 1}]')"), '5', 'nor does tv_eta');
is($cluster->query('bare', 'DROP EXTENSION timevmaps; SELECT 1'), '1', 'and without tables it goes as it came');

# As while a dump is being restored, or when somebody has dropped it.
$cluster->query('postgres', 'CREATE DATABASE torn');
$cluster->query('torn', 'SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE; SELECT timevmaps.tv_init()');
$cluster->query('torn', q{
	INSERT INTO timevmaps.worlds (name) VALUES ('w');
	INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main');
	INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 0, 0), (1, 0, 1);
});
# It begins before, for none does where a table is missing.
$cluster->query('torn', 'SELECT timevmaps.tv_start_worker()');
$cluster->query('torn', 'ALTER TABLE timevmaps.segments RENAME TO roads');
is($cluster->sqlstate('torn', $_->[1]), $_->[0], "$_->[0] without segments: $_->[1]") for (
	['55000', 'SELECT * FROM timevmaps.tv_plan_route(1, 1, 1, 2)'],
	['55000', 'SELECT * FROM timevmaps.tv_isochrone(1, 1, 1, 60)'],
	['42P01', 'SELECT * FROM timevmaps.tv_snap(1, 1, 0, 0)']);
is($cluster->sqlstate('torn', 'SELECT timevmaps.tv_start_worker()'), '55000', 'no worker begins there');
my $told = qr/timevmaps worker: a table of timevmaps is missing/;
my $end = time + 30;
sleep 0.1 while $cluster->log_text !~ $told && time < $end;
like($cluster->log_text, $told, 'a worker says so and goes on');
unlike($cluster->log_text, qr/was terminated by signal/, 'and nothing has ended the server');
done_testing();
