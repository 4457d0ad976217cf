# The catch-up loop of docs/live.md, as it stands there, in Node.js with npm's postgres: it is told of what was missed while it was away, and of what happens.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

my $package = 'postgres@3.4.9';
my $folder = "$ENV{TV_REPO}/build/node-postgres";
for my $program (qw(node npm)) { plan(skip_all => "$program is not installed") if system("command -v $program >/dev/null 2>&1") }
chomp(my $version = qx(node -p 'process.versions.node.split(".")[0]'));
plan(skip_all => "node is of version $version") if $version < 18;
if (!-e "$folder/node_modules/postgres/package.json")
{
	system 'mkdir', '-p', $folder;
	system "npm install --no-save --no-audit --no-fund --ignore-scripts --prefix '$folder' '$package' >'$folder/npm.log' 2>&1";
}
plan(skip_all => "npm could not install $package, see $folder/npm.log") unless -e "$folder/node_modules/postgres/package.json";

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
$cluster->setup('app');
$cluster->query('app', q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
});
sub submit { return $cluster->query('app', q{SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')}) }

open my $page, '<', "$ENV{TV_REPO}/docs/live.md" or die;
my ($example) = do { local $/; <$page> } =~ /^```js\n(.*?)^```/ms;
ok($example, 'docs/live.md has an example');
my @code = grep { /\S/ } split /\n/, $example;
cmp_ok(scalar @code, '<=', 12, 'of about ten lines') or diag scalar @code;
open my $file, '>', "$folder/live.mjs" or die;
print $file $example =~ s{process\.env\.DATABASE_URL}{{host: process.env.PGHOST, username: 'postgres', database: 'app'}}r;
close $file;
my $pid = open(my $out, '-|') // die;
if (!$pid)
{
	$ENV{PGHOST} = $cluster->socket_dir;
	exec 'node', "$folder/live.mjs" or die;
}
ok($cluster->poll('app', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~* '^listen'", 20), 'it listens');
sleep 0.5;
my $id = submit();
my $start = time;
my @lines;
eval {
	local $SIG{ALRM} = sub { die "time\n" };
	alarm 20;
	while (my $line = <$out>) { push @lines, $line; last if $line =~ /^tv_sim_finished $id / }
	alarm 0;
};
is($@, '', 'it is told of the end');
cmp_ok(time - $start, '<', 4, '... by a notification, and not when it looks by itself');
is(scalar(grep { /^tv_experiment_submitted $id \{ kind: 'sr' \}/ } @lines), 1, '... and before of the beginning, once') or diag @lines;
kill 'TERM', $pid;
close $out;
done_testing();
