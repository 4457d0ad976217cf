# The sessions of README.md and docs/http.md, and of docs/routing.md, in psql and with curl, print what the pages show.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvReadme;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->query('postgres', 'CREATE DATABASE mydb');
$cluster->query('postgres', 'CREATE DATABASE town');
mkdir $cluster->dir . "/$_" for qw(mydb town);
my ($curl) = grep { -x } map { "$_/curl" } split /:/, $ENV{PATH};
my %rest;

run_page('mydb', $_) for qw(README.md docs/http.md);
run_page('town', 'docs/routing.md');
done_testing();

sub run_page
{
	my ($database, $page) = @_;
	my $bin = $cluster->dir . "/$database";
	TvReadme::run("$ENV{TV_REPO}/$page",
		sql => sub { TvReadme::psql($cluster, $database, $_[0]) },
		sh => sub {
			$rest{$database} //= start_rest($database, $bin);
			my ($status, $out, $err) = TvCluster::capture('env', "PATH=$bin:$ENV{PATH}", 'PGRST_JWT_SECRET=' . TvRest::secret(), 'sh', '-c', $_[0]);
			return $out . $err;
		});
	return;
}

# PostgREST starts between the two sessions; a curl first on the path sends requests to its socket.
sub start_rest
{
	my ($database, $bin) = @_;
	my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-f', "$ENV{TV_REPO}/http/roles.sql");
	die $err if $status;
	my $started = TvRest->new($cluster, $database);
	open my $out, '>', "$bin/curl" or die;
	print $out "#!/bin/sh\nexec $curl --unix-socket '", $started->socket, "' \"\$\@\"\n";
	close $out;
	chmod 0755, "$bin/curl";
	return $started;
}
