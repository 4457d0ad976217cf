# What the timings of statements have in common (routing.pl, turns.pl): statements through
# build/bench/client, their medians, and figures as they are shown. Set before use:
# $database, $scratch, and $programs where it is not build/bench. For a while another: local $Statements::database,
# for local on the imported name leaves the one that is read here as it is.
package Statements;
use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw($database $programs $scratch %seconds client answer run_sql load run quote sorted median range row thousands fold shown);
our ($database, $scratch, %seconds);
our $programs = $ENV{PROGRAMS} // 'build/bench';

# Run statements in turn for each pair of a file in $scratch, see client.c; their times are in %seconds.
sub client
{
	my ($pairs, $first, $rounds, $warm, @statements) = @_;
	open my $script, '>', "$scratch/script" or die;
	while (my ($key, $sql) = splice @statements, 0, 2)
	{
		$sql =~ s/\s+/ /g;
		print $script "$key\t$sql\n";
	}
	close $script or die;
	open my $in, '-|', "$programs/client", $database, "$scratch/$pairs", int $first, int $rounds, $warm, "$scratch/script" or die;
	while (<$in>)
	{
		chomp;
		my ($key, $value) = split /\t/;
		push @{ $seconds{$key} }, $value;
	}
	close $in or die "bench: a client failed\n";
	return;
}

sub answer
{
	my ($sql) = @_;
	open my $psql, '-|', 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-c', $sql or die;
	my $text = do { local $/; <$psql> } // '';
	close $psql or die "bench: $sql\n";
	chomp $text;
	return $text;
}

sub run_sql
{
	my ($sql, $input) = @_;
	my @parts = defined $input ? split(/; /, $sql) : $sql;
	my $last = pop @parts;
	answer($_) for @parts;
	return answer($last) unless defined $input;
	run("psql -X -q -v ON_ERROR_STOP=1 -d $database -c \"$last\" < '$input'");
	return;
}

sub load { open my $in, '<', '/proc/loadavg' or return 'unknown'; return (split / /, <$in>)[0] }
sub run { my ($command) = @_; system($command) == 0 or die "bench: $command\n"; return }
sub quote { my ($text) = @_; $text =~ s/'/''/g; return $text }

sub sorted { my ($key) = @_; return sort { $a <=> $b } @{ $seconds{$key} // die "bench: nothing for $key\n" } }
sub median { my @all = sorted($_[0]); return $all[ $#all / 2 ] }
sub range { my @all = sorted($_[0]); return shown($all[ $#all / 10 ]) . ' to ' . shown($all[ $#all * 9 / 10 ]) }
sub row { print '| ', join(' | ', @_), " |\n"; return }
sub thousands { my ($n) = @_; 1 while $n =~ s/^(\d+)(\d{3})/$1,$2/; return $n }
sub fold { my ($ratio) = @_; return thousands($ratio >= 100 ? sprintf '%.0f', $ratio : sprintf '%.3g', $ratio) }

sub shown
{
	my ($s) = @_;
	my ($value, $unit) = $s < 1e-3 ? ($s * 1e6, 'µs') : $s < 1 ? ($s * 1e3, 'ms') : ($s, 's');
	return sprintf($value < 100 ? '%.3g %s' : '%.0f %s', $value, $unit);
}

1;
