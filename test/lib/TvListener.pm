# Many clients that listen, in one process: what a driver does over the socket, and no more.
#
#     my $listener = TvListener->new($cluster, 'app', 'tv_sim_finished', 'tv_live_1_1');
#     my @told = $listener->read(0.5);       # what comes within so many seconds: [time, channel, payload]
#     TvListener::read_all(\@listeners, 1);  # of many, by their turns
#     $listener->query('BEGIN; SELECT 1');   # what comes meanwhile is kept for read
package TvListener;
use strict;
use warnings;
use IO::Select ();
use Socket qw(AF_UNIX SOCK_STREAM pack_sockaddr_un);
use Time::HiRes qw(sleep time);

sub new
{
	my ($class, $cluster, $database, @channels) = @_;
	my $self = bless { buffer => '', told => [] }, $class;
	socket $self->{socket}, AF_UNIX, SOCK_STREAM, 0 or die "socket: $!";
	connect $self->{socket}, pack_sockaddr_un($cluster->socket_dir . '/.s.PGSQL.5432') or die "connect: $!";
	my $start = pack 'N Z* Z* Z* Z* C', 196608, 'user', 'postgres', 'database', $database, 0;
	$self->send(pack('N', 4 + length $start) . $start);
	$self->until_ready;
	$self->query(join '; ', map { "LISTEN $_" } @channels) if @channels;
	return $self;
}

sub send
{
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';
	(syswrite($self->{socket}, $bytes) // 0) == length $bytes or die "the server takes nothing: $!";
	return;
}

# Take what messages there are; whether the server is ready for a query, or has gone.
sub take
{
	my ($self) = @_;
	my $count = sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer};
	if (!$count) { $self->{gone} = 1; return 1 }
	my $ready = 0;
	while (length $self->{buffer} >= 5)
	{
		my ($type, $length) = unpack 'a N', $self->{buffer};
		last if length $self->{buffer} < 1 + $length;
		my $body = substr $self->{buffer}, 5, $length - 4;
		substr $self->{buffer}, 0, 1 + $length, '';
		if ($type eq 'A') { push @{ $self->{told} }, [ time, unpack 'x4 Z* Z*', $body ] }
		elsif ($type eq 'E') { $self->{error} = join ' ', split /\0/, $body }
		elsif ($type eq 'K') { $self->{backend} = unpack 'N', $body }
		elsif ($type eq 'Z') { $ready = 1 }
	}
	return $ready;
}

sub until_ready
{
	my ($self) = @_;
	delete $self->{error};
	1 until $self->take;
	die "$self->{error}\n" if $self->{error};
	die "the server has gone\n" if $self->{gone};
	return;
}

sub query
{
	my ($self, $sql) = @_;
	$self->send(pack 'a N Z*', 'Q', 5 + length $sql, $sql);
	$self->until_ready;
	return;
}

sub gone { return $_[0]{gone} }
sub backend { return $_[0]{backend} }
# What was told before.
sub taken { return splice @{ $_[0]{told} } }

# What was told to many within so many seconds stays with each, for read.
sub read_all
{
	my ($listeners, $seconds) = @_;
	my %of = map { fileno($_->{socket}) => $_ } grep { !$_->{gone} } @$listeners;
	my $select = IO::Select->new(map { $_->{socket} } values %of);
	my $end = time + $seconds;
	while ((my $left = $end - time) > 0)
	{
		for my $socket ($select->can_read($left))
		{
			my $listener = $of{ fileno $socket };
			$listener->take;
			$select->remove($socket) if $listener->{gone};
		}
		last unless $select->count;
	}
	return;
}

sub read
{
	my ($self, $seconds) = @_;
	read_all([$self], $seconds);
	return splice @{ $self->{told} };
}

1;
