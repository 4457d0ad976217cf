# A library of another version is installed while the server runs, which does not preload it: what new sessions share with
# those that are there is not theirs, and they say so.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $cluster = TvCluster->new;
$cluster->setup('app');
$cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_worker_status()');

# As make install does it: another file of the same name.
my $library = $cluster->tool('run', 'pg_config', '--pkglibdir') =~ s/\s+\z//r;
$library = $cluster->dir . '/tree' . ($library =~ s/^\Q${\$cluster->dir}\E\/tree//r) . '/timevmaps.so';
open my $in, '<:raw', $library or die "$library: $!";
my $bytes = do { local $/; <$in> };
my ($version) = slurp("$ENV{TV_REPO}/timevmaps.control") =~ /^default_version = '(.*)'/m;
my $other = $version =~ tr/0-9/1-90/r;
ok($bytes =~ s/\Q$version\E\0/$other\0/g, 'a library of another version');
open my $out, '>:raw', "$library.new" or die "$library.new: $!";
print $out $bytes;
close $out or die $!;
rename "$library.new", $library or die $!;

my ($status, undef, $err) = $cluster->psql('app', 'SELECT count(*) FROM timevmaps.tv_worker_status()');
isnt($status, 0, 'a session that loads it does not share with those before');
like($err, qr/55000: this server has worked with another library of timevmaps since it was started\nDETAIL:\s+That was version \Q$version\E, this is \Q$other\E\.\nHINT:\s+Restart the server\./, '... and says what to do');
$cluster->stop;
$cluster->start;
is($cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_worker_status()'), '0', '... which helps');
done_testing();

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
