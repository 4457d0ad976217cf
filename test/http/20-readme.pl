# The session with curl of README.md, after the one in psql, prints what README.md shows.
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
TvReadme::run("$ENV{TV_REPO}/README.md",
	sql => sub { TvReadme::psql($cluster, 'mydb', $_[0]) },
	sh => sub {
		$rest //= start_rest();
		my ($status, $out, $err) = TvCluster::capture('env', "PATH=$bin:$ENV{PATH}", 'sh', '-c', $_[0]);
		return $out . $err;
	});
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
