# PgBouncer in transaction mode in front of a private cluster, on a unix socket beside the server's; it lives as long as the object does.
#
#     TvPooler::required();                          # skips the test file if it is not installed
#     my $pooler = TvPooler->new($cluster, pool => 2, users => ['postgres', 'ana']);
#     my ($status, $out, $err) = $pooler->psql('app', 'SELECT 1', '-U', 'ana');
#     $pooler->port                                  # a client needs the cluster's socket_dir and this
package TvPooler;
use strict;
use warnings;
use Test::More ();
use Time::HiRes qw(sleep time);

my $program = '/usr/sbin/pgbouncer';
my $port = 6432;

sub required
{
	Test::More::plan(skip_all => 'PgBouncer is not installed') unless -x $program;
	return;
}

# pool: how many connections it has for a user and a database; users: who may.
sub new
{
	my ($class, $cluster, %options) = @_;
	my $dir = $cluster->socket_dir;
	my $self = bless { cluster => $cluster, pid_file => "$dir/pooler.pid", log => "$dir/pooler.log", owner => $$ }, $class;
	my $users = join '', map { qq("$_" ""\n) } @{ $options{users} };
	my $size = $options{pool} // 2;
	# Run by root, server and pooler are of the user postgres.
	my $put = sub { my ($name, $text) = @_; $cluster->tool('run', 'sh', '-c', 'printf %s "$2" >"$1"', 'sh', "$dir/$name", $text); return };
	$put->('pooler.users', $users);
	$put->('pooler.ini', <<"END");
[databases]
* = host=$dir
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/pooler.users
logfile = $self->{log}
pidfile = $self->{pid_file}
pool_mode = transaction
default_pool_size = $size
max_client_conn = 200
END
	$cluster->tool('run', $program, '-q', '-d', "$dir/pooler.ini");
	my $end = time + 10;
	until (-S "$dir/.s.PGSQL.$port" && -s $self->{pid_file})
	{
		die 'the pooler is not ready: ' . $self->log_text if time > $end;
		sleep 0.05;
	}
	return $self;
}

sub port { return $port }

sub psql
{
	my ($self, $database, $sql, @options) = @_;
	return $self->{cluster}->psql($database, $sql, '-p', $port, @options);
}

sub query
{
	my ($self, $database, $sql, @options) = @_;
	my ($status, $out, $err) = $self->psql($database, $sql, @options);
	die "$sql\n$err" if $status;
	chomp $out;
	return $out;
}

sub log_text
{
	my ($self) = @_;
	open my $file, '<', $self->{log} or return '';
	local $/;
	return scalar <$file>;
}

sub DESTROY
{
	my ($self) = @_;
	return if $self->{owner} != $$;
	local $?;
	open my $file, '<', $self->{pid_file} or return;
	my ($pid) = <$file> =~ /^(\d+)/ or return;
	kill 'TERM', $pid;
	return;
}

1;
