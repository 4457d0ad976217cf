# The sessions of README.md and docs/http.md, in psql and with curl, print what the pages show.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvReadme;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->query('postgres', 'CREATE DATABASE mydb');

# PostgREST starts between the two sessions; a curl first on the path sends requests to its socket.
my $rest;
my $bin = $cluster->dir . '/bin';
mkdir $bin;
my ($curl) = grep { -x } map { "$_/curl" } split /:/, $ENV{PATH};
for my $page (qw(README.md docs/http.md))
{
	TvReadme::run("$ENV{TV_REPO}/$page",
		sql => sub { TvReadme::psql($cluster, 'mydb', $_[0]) },
		sh => sub {
			$rest //= start_rest();
			my ($status, $out, $err) = TvCluster::capture('env', "PATH=$bin:$ENV{PATH}", 'PGRST_JWT_SECRET=' . TvRest::secret(), 'sh', '-c', $_[0]);
			return $out . $err;
		});
}
done_testing();

sub start_rest
{
	my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'mydb', '-f', "$ENV{TV_REPO}/http/roles.sql");
	die $err if $status;
	my $started = TvRest->new($cluster, 'mydb');
	open my $out, '>', "$bin/curl" or die;
	print $out "#!/bin/sh\nexec $curl --unix-socket '", $started->socket, "' \"\$\@\"\n";
	close $out;
	chmod 0755, "$bin/curl";
	return $started;
}
