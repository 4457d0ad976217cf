# An OpenID provider on localhost, npm's oidc-provider, for tests; it lives as long as the object does.
#
#     TvOidc::required();                                # skips the test file if it cannot be had
#     my $provider = TvOidc->new($folder, keys => [ TvOidc::key('first', 'RS256') ]);
#     my $token = $provider->sign_in('ada', 'timevmaps', 'RS256');    # an access token, by the authorization code flow
#     my $token = $provider->grant('robot', 'timevmaps', 'RS256');    # by client credentials
#     $provider->jwks                                    # its public keys, as it publishes them
package TvOidc;
use strict;
use warnings;
use Digest::SHA qw(sha256);
use IO::Handle ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Test::More ();

# The last that runs on the Node.js of Debian 12 and 13.
my $package = 'oidc-provider@8.8.1';
my $cache = "$ENV{TV_REPO}/build/oidc-provider";
my $json = JSON::PP->new->utf8->canonical;

sub required
{
	my $there = "$cache/node_modules/oidc-provider/package.json";
	my $skip = sub { Test::More::plan(skip_all => "$package: $_[0]") };
	for my $program (qw(node npm)) { $skip->("$program is not installed") if system("command -v $program >/dev/null 2>&1") }
	chomp(my $version = qx(node -p 'process.versions.node.split(".")[0]'));
	$skip->("node is of version $version") if $version < 18;
	return if -e $there;
	system 'mkdir', '-p', $cache;
	system "npm install --no-save --no-audit --no-fund --prefix '$cache' '$package' >'$cache/npm.log' 2>&1";
	$skip->("npm could not install it, see $cache/npm.log") unless -e $there;
	return;
}

# A private key as a JWK.
sub key
{
	my ($kid, $alg) = @_;
	my ($type, $how) = $alg =~ /^ES/ ? ('ec', '{namedCurve: "P-256"}') : ('rsa', '{modulusLength: 2048}');
	my $jwk = qx(node -p 'JSON.stringify(crypto.generateKeyPairSync("$type", $how).privateKey.export({format: "jwk"}))');
	return { %{ $json->decode($jwk) }, kid => $kid, alg => $alg, use => 'sig' };
}

# keys: private JWKs; port: that of an earlier one, whose issuer it is; clock: seconds that its clock is ahead.
sub new
{
	my ($class, $folder, %options) = @_;
	my $self = bless { folder => $folder, owner => $$ }, $class;
	my $file = "$folder/provider." . ++(our $started);
	open my $keys, '>', "$file.keys" or die "$file.keys: $!";
	print { $keys } $json->encode({ keys => $options{keys} });
	close $keys;
	my $given = $json->encode({ keys => "$file.keys", map { $_ => $options{$_} } grep { defined $options{$_} } qw(port clock) });
	pipe my $in, $self->{stdin} or die;
	pipe my $out, my $its_out or die;
	$self->{pid} = fork() // die "fork: $!";
	if (!$self->{pid})
	{
		close $self->{stdin};
		open STDIN, '<&', $in;
		open STDOUT, '>&', $its_out;
		open STDERR, '>', "$file.log";
		exec 'node', '--no-warnings', "$ENV{TV_REPO}/test/lib/oidc-provider.mjs", $cache, $given or POSIX::_exit(127);
	}
	close $its_out;
	chomp($self->{issuer} = <$out> // do { open my $log, '<', "$file.log"; local $/; die 'the provider does not start: ' . <$log> });
	($self->{port}) = $self->{issuer} =~ /(\d+)$/;
	return $self;
}

sub issuer { return $_[0]{issuer} }
sub port { return $_[0]{port} }

sub curl
{
	my (@arguments) = @_;
	my ($status, $out, $err) = TvCluster::capture('curl', '-sS', '--max-time', '30', @arguments);
	die "curl: $err" if $status;
	return $out;
}

sub jwks { my ($self) = @_; return curl("$self->{issuer}/jwks") }

sub tokens
{
	my ($self, $client, %form) = @_;
	return $json->decode(curl('-u', "$client:" . "the secret of $client" =~ s/ /%20/gr, map({ ('--data-urlencode', "$_=$form{$_}") } sort keys %form), "$self->{issuer}/token"));
}

# As a browser does it: to the provider, where somebody signs in, and back with a code, which the client exchanges.
sub sign_in_all
{
	my ($self, $login, $audience, $alg) = @_;
	my $jar = TvCluster::temporary();
	my $verifier = 'v' x 43;
	my %ask = (client_id => 'web', response_type => 'code', scope => 'openid maps', redirect_uri => "$self->{issuer}/arrived", login_hint => $login,
		resource => "http://maps.example/$audience/$alg", code_challenge => encode_base64url(sha256($verifier)), code_challenge_method => 'S256');
	my $arrived = curl('-L', '-G', '-c', $jar->filename, '-b', $jar->filename, map({ ('--data-urlencode', "$_=$ask{$_}") } sort keys %ask), "$self->{issuer}/auth");
	my ($code) = $arrived =~ /[?&]code=([\w-]+)/ or die "no code: $arrived";
	return $self->tokens('web', grant_type => 'authorization_code', code => $code, redirect_uri => $ask{redirect_uri}, code_verifier => $verifier, resource => $ask{resource});
}
sub sign_in { my ($self, @who) = @_; return $self->sign_in_all(@who)->{access_token} }

sub grant
{
	my ($self, $client, $audience, $alg) = @_;
	return $self->tokens($client, grant_type => 'client_credentials', resource => "http://maps.example/$audience/$alg")->{access_token};
}

sub stop
{
	my ($self) = @_;
	return if $self->{owner} != $$ || !$self->{pid};
	local $?;
	close $self->{stdin};
	kill TERM => $self->{pid};
	waitpid delete $self->{pid}, 0;
	return;
}
sub DESTROY { my ($self) = @_; $self->stop; return }

1;
