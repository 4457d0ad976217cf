# Signing in with a provider: npm's oidc-provider on localhost, whose keys PostgREST is given as a file. Its access tokens are let
# through, its others are not; a new key is known after a reload, and one that was taken out is not any more.
use strict;
use warnings;
use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64url);
use Test::More;
use TvCluster;
use TvOidc;
use TvRest;

TvRest::required();
TvOidc::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
my ($failed, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($failed, 0, 'roles') or diag($err);
my $json = JSON::PP->new->canonical;

my $folder = $cluster->dir;
my @keys = (TvOidc::key('rsa', 'RS256'), TvOidc::key('ec', 'ES256'));
my $provider = TvOidc->new($folder, keys => \@keys);
my $issuer = $provider->issuer;
$cluster->query('app', qq{
	INSERT INTO timevmaps.token_issuers VALUES ('$issuer', 'timevmaps', '{tv_player,tv_analyst}');
	INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'open', 'public', '$issuer|ada'), (2, 'hers', 'private', '$issuer|ada'),
		(3, 'of another ada', 'private', 'timevmaps|ada'), (4, 'of the role', 'private', 'tv_analyst'), (5, 'of the robot', 'private', '$issuer|robot');
	SELECT setval(pg_get_serial_sequence('timevmaps.worlds', 'id'), 100)});
sub publish { open my $out, '>', "$folder/keys.json" or die; print { $out } $_[0]; close $out; return }
publish($provider->jwks);
my $rest = TvRest->new($cluster, 'app', keys => "\@$folder/keys.json");
sub worlds { my ($token) = @_; my $answer = $rest->request(GET => '/worlds?select=id&order=id', undef, token => $token);
	return $answer->{status} == 200 ? join ' ', map { $_->{id} } @{ $answer->{json} } : join ' ', $answer->{status}, ($answer->{json}{details} // '') =~ /"(\w+)"/ }
sub claims { return $json->decode(decode_base64url((split /\./, $_[0])[1])) }

# --------------------------------------------------------------------- signing in

my %ada;
for my $alg (qw(RS256 ES256))
{
	$ada{$alg} = $provider->sign_in('ada', 'timevmaps', $alg);
	is($json->decode(decode_base64url((split /\./, $ada{$alg})[0]))->{alg}, $alg, "an access token signed by $alg");
	is(worlds($ada{$alg}), '1 2', "... is let through, as $issuer|ada");
	is(worlds($provider->grant('robot', 'timevmaps', $alg)), '1 5', '... and one of a program\'s own, as that');
}
my $claims = claims($ada{RS256});
is("@$claims{qw(iss aud sub role)}", "$issuer timevmaps ada tv_analyst", 'it has the claims that are asked for');
is($rest->request(POST => '/worlds', { name => 'made' }, token => $ada{RS256}, headers => { Prefer => 'return=representation' })->{json}[0]{owner}, "$issuer|ada", 'she makes a world');
is($rest->request(POST => '/worlds', { name => 'no' }, token => $provider->sign_in('bob', 'timevmaps', 'RS256'))->{status}, 403, 'a player does not');
$cluster->query('app', 'DELETE FROM timevmaps.worlds WHERE id > 100');

# ----------------------------------------------------------------------- refused

is(worlds($provider->sign_in('ada', 'others', 'RS256')), '401 aud', 'an access token for another API');
my $all = $provider->sign_in_all('ada', 'timevmaps', 'RS256');
ok($all->{id_token}, 'there is an ID token');
is(worlds($all->{id_token}), '401 aud', '... which is for the client and not for us');
is(worlds($provider->sign_in('root', 'timevmaps', 'RS256')), '401 role', 'a role that this issuer may not give');
is(worlds($provider->sign_in('eve', 'timevmaps', 'RS256')), '401 role', 'nobody\'s role');
for my $case ([ owner => 'no role that PostgREST may become', qr/^403$/ ], [ server => 'PostgREST\'s own role', qr/^401 role$/ ], [ nul => 'a role with a NUL', qr/^40[01]/ ])
{
	my ($login, $what, $answer) = @$case;
	like(worlds($provider->sign_in($login, 'timevmaps', 'RS256')), $answer, $what);
}
is(worlds($provider->sign_in('long', 'timevmaps', 'RS256')), '401 sub', 'a subject of 10 kB');
is(worlds($provider->sign_in('analyst', 'timevmaps', 'RS256')), '401 role', 'a subject that is called as a role, without a role');
is(worlds($provider->sign_in('pipe', 'timevmaps', 'RS256')), '401 role', 'one that is called as another issuer\'s identity');

# A provider of somebody else's, first with keys of its own, then, though that should not be, with keys that are known.
my $foreign = TvOidc->new($folder, keys => [ TvOidc::key('rsa', 'RS256') ]);
is(worlds($foreign->sign_in('ada', 'timevmaps', 'RS256')), '401', 'a foreign issuer\'s token');
$foreign = TvOidc->new($folder, keys => [ $keys[0] ]);
is(worlds($foreign->sign_in('ada', 'timevmaps', 'RS256')), '401 iss', '... even with a key that is known');

# Times: of a provider whose clock is behind, tokens have ended; of one whose clock is ahead, they have not begun.
for my $clock (-700, 3600)
{
	$provider->stop;
	$provider = TvOidc->new($folder, keys => \@keys, port => $provider->port, clock => $clock);
	is(worlds($provider->grant('robot', 'timevmaps', 'RS256')), '401', "a clock that is $clock s ahead");
}
$provider->stop;
$provider = TvOidc->new($folder, keys => \@keys, port => $provider->port);

# Tampered with.
my ($head, $payload, $signature) = split /\./, $ada{RS256};
my $root = encode_base64url($json->encode({ %$claims, role => 'tv_admin' }));
is(worlds("$head.$root.$signature"), '401', 'claims that were changed');
is(worlds(encode_base64url('{"alg":"none","typ":"at+jwt","kid":"rsa"}') . ".$payload."), '401', 'alg none');
my ($public) = grep { $_->{kid} eq 'rsa' } @{ $json->decode($provider->jwks)->{keys} };
for my $secret ($json->encode($public), $provider->jwks, $public->{n}, decode_base64url($public->{n}))
{
	my $text = encode_base64url('{"alg":"HS256","typ":"at+jwt","kid":"rsa"}') . ".$root";
	is(worlds("$text." . encode_base64url(Digest::SHA::hmac_sha256($text, $secret))), '401', 'HS256 with what is public for a secret');
}

# ---------------------------------------------------------------------- rotation

# The new key is told before it signs, and the old one for as long as its tokens hold.
my $next = TvOidc::key('next', 'RS256');
$provider->stop;
$provider = TvOidc->new($folder, keys => [ $next, @keys ], port => $provider->port);
my $new = $provider->grant('robot', 'timevmaps', 'RS256');
is($json->decode(decode_base64url((split /\./, $new)[0]))->{kid}, 'next', 'the provider signs with a new key');
is(worlds($new), '401', 'which PostgREST does not know');
publish($provider->jwks);
is(worlds($new), '401', '... before it reads the file again');
$rest->reload('config');
ok(until_worlds($new, '1 5'), 'it knows it after a reload');
is(worlds($ada{RS256}), '1 2', 'and the old one still');
is(worlds($ada{ES256}), '1 2', 'and that of the other algorithm');
$provider->stop;
$provider = TvOidc->new($folder, keys => [ $next ], port => $provider->port);
publish($provider->jwks);
$rest->reload('config');
ok(until_worlds($ada{RS256}, '401'), 'a key that was taken out is not known any more');
is(worlds($ada{ES256}), '401', 'nor is that of the other algorithm');
is(worlds($new), '1 5', 'the new one is');
done_testing();

sub until_worlds
{
	my ($token, $wanted) = @_;
	my $end = time + 20;
	while (worlds($token) ne $wanted) { return 0 if time > $end; select undef, undef, undef, 0.1 }
	return 1;
}
