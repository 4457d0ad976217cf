# A private cluster for server-level tests.  It lives as long as the object does.
#
#     use TvCluster;
#     my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'"]);
#     $cluster->setup('app');                          # a database with the extension, after tv_init()
#     is($cluster->query('app', 'SELECT 1'), '1');     # dies if the statement fails
#     is($cluster->sqlstate('app', 'SELECT 1/0'), '22012');
#     ok($cluster->poll('app', 'SELECT count(*) = 3 FROM ...'));   # waits until it is true
#     $cluster->stop('immediate'); $cluster->start;
package TvCluster;
use strict;
use warnings;
use File::Spec ();
use File::Temp ();
use POSIX ();
use Time::HiRes qw(sleep time);

my $repo = $ENV{TV_REPO} // die 'run this by test/run';
my $tool = "$repo/scripts/cluster.sh";

sub new
{
	my ($class, %options) = @_;
	my $dir = File::Temp::tempdir('cluster.XXXXXX', DIR => $ENV{TV_SCRATCH} // '/tmp');
	chmod 0755, $dir;    # the server's user must get into it
	my $self = bless { dir => $dir, repo => $repo, owner => $$ }, $class;
	# test/run has made one that only needs to be copied.
	my $template = ($ENV{TV_SCRATCH} // '') . '/template';
	my @how = -d "$template/data" ? ('clone', $template) : ('create');
	my ($status, undef, $err) = capture($tool, @how, $dir, @{ $options{conf} // [] });
	die "cluster.sh $how[0] failed: $err" if $status;
	return $self;
}

# Run scripts/cluster.sh on this cluster; its standard output, or death.
sub tool
{
	my ($self, $command, @arguments) = @_;
	my ($status, $out, $err) = capture($tool, $command, $self->{dir}, @arguments);
	die "cluster.sh $command failed: $err" if $status;
	return $out;
}

# Run a program with this cluster's PATH, PGHOST and PGUSER: (exit status, stdout, stderr).
sub client
{
	my ($self, @command) = @_;
	# Asked for once: a test runs hundreds of programs.
	$self->{settings} //= [ split /\n/, $self->tool('settings') ];
	return capture('env', @{ $self->{settings} }, @command);
}

# A file that goes with the run, if this process is stopped before it can remove it.
sub temporary { return File::Temp->new(DIR => $ENV{TV_SCRATCH} // File::Spec->tmpdir) }

sub capture
{
	my (@command) = @_;
	# Files and not pipes: a server that a command starts inherits them and stays.
	my ($out, $err) = map { temporary() } 1 .. 2;
	my $pid = fork() // die "fork: $!";
	if (!$pid)
	{
		open STDIN, '<', '/dev/null' or die;
		open STDOUT, '>', $out->filename or die;
		open STDERR, '>', $err->filename or die;
		exec { $command[0] } @command or do { print STDERR "$command[0]: $!\n"; POSIX::_exit(127) };
	}
	waitpid $pid, 0;
	my $status = $?;
	my @texts = map { open my $file, '<', $_->filename or die; local $/; scalar <$file> // '' } $out, $err;
	return ($status, @texts);
}

# (exit status, stdout, stderr) of psql; rows unaligned, fields separated by |.
sub psql
{
	my ($self, $database, $sql, @options) = @_;
	return $self->client('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose',
		@options, '-d', $database, '-c', $sql);
}

sub query
{
	my ($self, $database, $sql, @options) = @_;
	my ($status, $out, $err) = $self->psql($database, $sql, @options);
	die "$sql\n$err" if $status;
	chomp $out;
	return $out;
}

# The SQLSTATE that a statement fails with, '' if it succeeds.
sub sqlstate
{
	my ($self, $database, $sql, @options) = @_;
	my ($status, $out, $err) = $self->psql($database, $sql, @options);
	return '' unless $status;
	return $err =~ /(?:ERROR|FATAL):\s+([0-9A-Z]{5}):/ ? $1 : "?: $err";
}

# Ask until the answer is "t" (true) or the time is over (false).
sub poll
{
	my ($self, $database, $sql, $seconds) = @_;
	my $end = time + ($seconds // 30);
	while (1)
	{
		my ($status, $out) = $self->psql($database, $sql);
		return 1 if !$status && $out =~ /^t$/m;
		return 0 if time > $end;
		sleep 0.05;
	}
}

# A database with the extension and its tables.
sub setup
{
	my ($self, $database) = @_;
	$self->query('postgres', "CREATE DATABASE $database");
	$self->query($database, "SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE; SELECT timevmaps.tv_init()");
	return $self;
}

sub dir { return $_[0]{dir} }
sub socket_dir { return "$_[0]{dir}/sock" }
sub start { $_[0]->tool('start'); return }
sub reload { $_[0]->query('postgres', 'SELECT pg_reload_conf()'); return }

# fast (the default), or immediate: as if the machine had lost power.
sub stop
{
	my ($self, $mode) = @_;
	$self->tool('stop', $mode // 'fast');
	return;
}

sub log_text
{
	my ($self) = @_;
	open my $file, '<', "$self->{dir}/log" or return '';
	local $/;
	return scalar <$file>;
}

sub DESTROY
{
	my ($self) = @_;
	return if $self->{owner} != $$ || $ENV{KEEP};
	local $?;
	system $tool, 'destroy', $self->{dir};
	return;
}

1;
