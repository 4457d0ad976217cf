# surface.pl: noisy Clifford circuits, whole statements with what a run tells by default: memories
# of the surface code, against Stim's whole process where STIM names its program.
#
#   [STIM=program] perl test/bench/surface.pl DATABASE
#
# Processor time of both sides, in turn, medians: waits for another's work do not count.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use IPC::Open2;
use lib "$FindBin::Bin/../lib";
use TvSurface;

my ($database) = @ARGV;
my ($repeat, $again, $p) = (7, 5, 0.001);
my $folder = tempdir(CLEANUP => 1);
my $pid = open2(my $out, my $in, 'psql', '-X', '-q', '-A', '-t', '-d', $database);
my $backend = answer('SELECT pg_backend_pid()');

print "\n### Noisy Clifford circuits\n\nA memory of the surface code, distance d, d rounds, depolarizing noise of $p after every gate: `tv_run_circuit` with all that it tells by default\n"
	. "(counts, Bloch vectors, fidelity), as a statement, its text included, processor time, medians of $repeat.\n\n"
	. '| distance | qubits | bits | shots | default | without fidelity |' . ($ENV{STIM} ? ' Stim, whole process | ours to it |' : '') . "\n|---|---|---|---|---|---|" . ($ENV{STIM} ? '---|---|' : '') . "\n";
for my $d (3, 5, 7)
{
	my $circuit = TvSurface::circuit($d, $d);
	open my $file, '>', "$folder/$d.stim" or die;
	print $file TvSurface::stim($d, $d, $p);
	close $file;
	answer("CREATE TEMP TABLE memory_$d AS SELECT '$circuit'::jsonb AS c");
	for my $shots (10_000, 100_000)
	{
		my (@default, @without, @stim);
		for (0 .. $repeat)
		{
			push @default, statement($d, $shots, 'true');
			push @without, statement($d, $shots, 'false');
			push @stim, stim($d, $shots) if $ENV{STIM};
		}
		my ($ours, $plain, $theirs) = map { median(@$_[1 .. $#$_]) } \@default, \@without, \@stim;
		printf '| %d | %d | %d | %d | %.1f ms | %.1f ms |', $d, 2 * $d * $d - 1, $d * ($d * $d - 1) + $d * $d, $shots, $ours, $plain;
		printf ' %.1f ms | %.1f |', $theirs, $ours / $theirs if $ENV{STIM};
		print "\n";
	}
}
close $in;
waitpid $pid, 0;

sub answer
{
	my ($sql) = @_;
	print $in "$sql;\n\\echo done\n";
	my $text = '';
	while (defined(my $line = <$out>)) { last if $line eq "done\n"; $text .= $line }
	chomp $text;
	return $text;
}

# Milliseconds of the backend.
sub cpu
{
	open my $stat, '<', "/proc/$backend/schedstat" or die;
	return (split ' ', <$stat>)[0] / 1e6;
}

sub statement
{
	my ($d, $shots, $fidelity) = @_;
	my $before = cpu();
	my $counted = answer("SELECT length(timevmaps.tv_run_circuit(c, $shots, 1, '{\"noise\": {\"depolarizing\": $p}, \"fidelity\": $fidelity}')::text) > 0 FROM memory_$d");
	die "bench: $counted\n" if $counted ne 't';
	return cpu() - $before;
}

# Several runs, for a shell counts milliseconds.
sub stim
{
	my ($d, $shots) = @_;
	my $one = "$ENV{STIM} sample --shots $shots --in $folder/$d.stim --out $folder/out";
	my $times = `bash -c 'TIMEFORMAT="%U %S"; time for i in \$(seq $again); do $one; done' 2>&1`;
	my ($user, $system) = $times =~ /([0-9.]+) ([0-9.]+)\s*$/ or die "bench: $times\n";
	return 1000 * ($user + $system) / $again;
}

sub median { my @sorted = sort { $a <=> $b } @_; return @sorted ? $sorted[ $#sorted / 2 ] : 0 }
