# A session of its own with a cluster's server: one psql that lives as long as the object does.
#
#     use TvSession;
#     my $session = TvSession->new($cluster, 'app', 'editor');
#     my $answer = $session->run('SELECT 1');      # {rows => '1', sqlstate => ''}
#     is($session->query('SELECT 1'), '1');        # dies if the statement fails
#     $session->begin('SELECT pg_sleep(1)');       # does not wait ...
#     my $later = $session->finish;                # ... until here
#     $session->is_waiting(0.5)                    # whether no answer came within so many seconds
#     $session->cancelled($other, $pid, $sql, 0.2, \@latencies)   # its SQLSTATE, and how long that took
package TvSession;
use strict;
use warnings;
use IO::Select ();
use IPC::Open2 ();
use Time::HiRes qw(sleep time);

my $tool = ($ENV{TV_REPO} // die 'run this by test/run') . '/scripts/cluster.sh';

sub new
{
	my ($class, $cluster, $database, $name) = @_;
	my $self = bless { name => $name // 'session', buffer => '', count => 0, owner => $$ }, $class;

	# Notices and errors come where the rows come, in order.
	$self->{pid} = IPC::Open2::open2($self->{out}, $self->{in},
		'sh', '-c', 'exec "$@" 2>&1', 'sh', $tool, 'client', $cluster->dir, 'psql', '-X', '-q', '-A', '-t',
		'-v', 'VERBOSITY=sqlstate', '-d', $database);
	$self->query("SET client_min_messages = error");
	return $self;
}

sub begin
{
	my ($self, $sql) = @_;
	$self->{marker} = sprintf '== %s %d ==', $self->{name}, ++$self->{count};
	print { $self->{in} } "$sql\n;\n\\echo '$self->{marker}'\n" or die "$self->{name}: the session is gone";
	$self->{in}->flush;
	return;
}

# Read until the marker or the time is over; whether the marker came.
sub collect
{
	my ($self, $seconds) = @_;
	my $end = time + $seconds;
	my $select = IO::Select->new($self->{out});
	while (1)
	{
		return 1 if index($self->{buffer}, "$self->{marker}\n") >= 0;
		my $left = $end - time;
		return 0 if $left <= 0 || !$select->can_read($left);
		sysread($self->{out}, $self->{buffer}, 65536, length $self->{buffer}) or die "$self->{name}: the session ended: $self->{buffer}\n";
	}
}

sub is_waiting
{
	my ($self, $seconds) = @_;
	return !$self->collect($seconds);
}

sub finish
{
	my ($self) = @_;
	$self->collect(120) or die "$self->{name}: no answer within 120 s\n";
	$self->{buffer} =~ s/^(.*?)\Q$self->{marker}\E\n//s;
	my $text = $1;
	my ($sqlstate) = $text =~ /^(?:ERROR|FATAL|PANIC):\s+([0-9A-Z]{5})/m;
	chomp $text;
	return { rows => $text, sqlstate => $sqlstate // '' };
}

sub run
{
	my ($self, $sql) = @_;
	$self->begin($sql);
	return $self->finish;
}

sub query
{
	my ($self, $sql) = @_;
	my $answer = $self->run($sql);
	die "$self->{name}: $sql\n$answer->{rows}\n" if $answer->{sqlstate} ne '';
	return $answer->{rows};
}

# Start a statement and have another session cancel it after a while, given this one's backend: its SQLSTATE,
# '' if it had ended.
sub cancelled
{
	my ($self, $canceller, $pid, $sql, $delay, $latencies) = @_;
	$self->begin($sql);
	sleep $delay;
	return $self->finish->{sqlstate} unless $self->is_waiting(0);
	my $began = time;
	$canceller->query("SELECT pg_cancel_backend($pid)");
	my $answer = $self->finish;
	push @$latencies, time - $began if $answer->{sqlstate} eq '57014';
	return $answer->{sqlstate};
}

# Without waiting for what it does: the server notices.
sub abandon
{
	my ($self) = @_;
	return unless $self->{pid};
	close $self->{in};
	close $self->{out};
	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	delete $self->{pid};
	return;
}

sub DESTROY
{
	my ($self) = @_;
	return if $self->{owner} != $$;
	local $?;
	local $SIG{PIPE} = 'IGNORE';
	$self->abandon;
	return;
}

1;
