# Which tokens are let through: those of an issuer that is known, made for us, of somebody, for a time, for a role that the issuer
# may give; signed with a key that PostgREST has. All others get 401, and nobody becomes another.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
my ($failed, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($failed, 0, 'roles') or diag($err);
$cluster->query('app', q{
	INSERT INTO timevmaps.token_issuers VALUES ('https://id.example/realm', 'maps', '{tv_player}');
	INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'open', 'public', 'timevmaps|ada'), (2, 'hers', 'private', 'timevmaps|ada'),
		(3, 'a role''s', 'private', 'tv_analyst'), (4, 'the realm''s', 'private', 'https://id.example/realm|ada'), (5, 'of ada alone', 'private', 'ada'),
		(6, 'of nobody', 'private', '|'), (7, 'of no issuer', 'private', '|ada'), (8, 'of nobody''s issuer', 'private', 'timevmaps|');
	SELECT setval(pg_get_serial_sequence('timevmaps.worlds', 'id'), 100)});
my $rest = TvRest->new($cluster, 'app');
my $json = JSON::PP->new->canonical;
sub worlds { my ($token, $server) = @_; my $answer = ($server // $rest)->request(GET => '/worlds?select=id&order=id', undef, token => $token);
	return $answer->{status} == 200 ? join ' ', map { $_->{id} } @{ $answer->{json} } : $answer->{status} }

# ------------------------------------------------------------- what is let through

is(worlds(), '1', 'without a token: what is public');
my %ada = (role => 'tv_analyst', sub => 'ada');
is(worlds($rest->token(%ada)), '1 2', 'a token of ours');
is(worlds($rest->token(%ada, aud => [ 'others', 'timevmaps' ])), '1 2', 'for others, too');
is(worlds($rest->token(%ada, nbf => time - 5, iat => time - 5)), '1 2', 'with all its times');
is(worlds($rest->token(%ada, exp => time + 0.5 + 1000)), '1 2', 'with half a second');
my %realm = (iss => 'https://id.example/realm', aud => 'maps', role => 'tv_player');
is(worlds($rest->token(%realm, sub => 'ada')), '1 4', 'one of another issuer is another\'s, though the subject is called alike');
is(worlds($rest->token(role => 'tv_analyst', sub => 'tv_analyst')), '1', 'a subject that is called as a role is not that role');
is(worlds($rest->token(role => 'tv_analyst', sub => 'postgres')), '1', '... nor a superuser');
is(worlds($rest->token(role => 'tv_analyst', sub => 'x' x 200)), '1', 'a subject of 200 characters');
my $made = $rest->request(POST => '/worlds', { name => 'made', visibility => 'private' }, token => $rest->token(%ada, sub => "\x{e5}|\"' --"), headers => { Prefer => 'return=representation' });
diag($made->{text}) if $made->{status} != 201;
is(ref $made->{json} eq 'ARRAY' ? $made->{json}[0]{owner} : undef, "timevmaps|\x{e5}|\"' --", 'a subject may be any text');
is($made->{status}, 201, '... and makes worlds');

# ------------------------------------------------------------- what is not

# [what, claim that is told, claims]; undef takes a claim out.
my @refused = (
	[ 'foreign issuer', 'iss', iss => 'https://evil.example' ], [ 'no issuer', 'iss', iss => undef ], [ 'empty issuer', 'iss', iss => '' ],
	[ 'issuer that is no string', 'iss', iss => [ 'timevmaps' ] ], [ 'issuer with a |', 'iss', iss => 'timevmaps|ada', sub => 'x' ],
	[ 'issuer in other letters', 'iss', iss => 'Timevmaps' ],
	[ 'wrong audience', 'aud', aud => 'maps' ], [ 'no audience', 'aud', aud => undef ], [ 'list without the audience', 'aud', aud => [ 'maps', 'timevmap' ] ],
	[ 'audience that is an object', 'aud', aud => { timevmaps => 1 } ], [ 'audience that is a number', 'aud', aud => 7 ], [ 'empty list of audiences', 'aud', aud => [] ],
	[ 'other issuer\'s audience', 'aud', %realm, aud => 'timevmaps', sub => 'ada' ],
	[ 'no end', 'exp', exp => undef ], [ 'end in words', 'exp', exp => '2100-01-01' ], [ 'end that is a number in quotes', 'exp', exp => '4000000000' ],
	[ 'past end', 'exp', exp => time - 3600 ], [ 'negative end', 'exp', exp => -1 ], [ 'beginning to come', 'nbf', nbf => time + 3600 ],
	[ 'beginning in words', 'nbf', nbf => 'now' ], [ 'birth to come', 'iat', iat => time + 3600 ], [ 'birth in words', 'iat', iat => 'now' ],
	[ 'no subject', 'sub', sub => undef ], [ 'empty subject', 'sub', sub => '' ], [ 'subject that is a number', 'sub', sub => 7 ],
	[ 'subject that is null', 'sub', sub => JSON::PP::null ], [ 'subject that is a list', 'sub', sub => [ 'ada' ] ],
	[ 'subject of 10 kB', 'sub', sub => 'x' x 10240 ], [ 'subject of 201 characters', 'sub', sub => 'x' x 201 ],
	[ 'subject with a NUL', 'iss', sub => "ada\0" ], [ 'other claim with a NUL', 'iss', x => "\0" ], [ 'name of a claim with a NUL', 'iss', "x\0" => 1 ],
	[ 'no role', 'role', role => undef ], [ 'anonymous role', 'role', role => 'tv_anonymous' ], [ 'PostgREST\'s own role', 'role', role => 'tv_authenticator' ],
	[ 'role that is not of the issuer', 'role', %realm, role => 'tv_analyst', sub => 'ada' ], [ 'administrator\'s role that is not of the issuer', 'role', %realm, role => 'tv_admin', sub => 'ada' ],
	[ 'role and nothing else', undef, map({ $_ => undef } qw(iss aud exp sub)) ],
);
for my $case (@refused)
{
	my ($what, $claim, %claims) = @$case;
	my $answer = $rest->request(GET => '/worlds', undef, token => $rest->token(%ada, %claims));
	is($answer->{status}, 401, "$what: 401") or diag($answer->{text});
	like($answer->{headers}{'www-authenticate'}, qr/^Bearer error="invalid_token"/, "$what: WWW-Authenticate") or diag($answer->{text});
	# PostgREST is the first to look at times and at types.
	next if ($answer->{json}{code} // '') =~ /^PGRST30/ && $what =~ /end|beginning|birth|number|list|object|no string/;
	is($answer->{text}, $json->encode({ code => '28000', message => 'this token is not accepted', hint => undef,
		details => sprintf 'Its claim "%s" is missing or not what it must be.', $claim // 'iss' }), "$what: and says which claim, and nothing of what is in it");
}
# Whatever is asked for.
my $bad = $rest->token(%ada, iss => 'https://evil.example');
for my $request ([ GET => '/' ], [ GET => '/worlds' ], [ POST => '/worlds', { name => 'theirs' } ], [ GET => '/rpc/tv_identity' ],
	[ POST => '/rpc/tv_eta', { edges => [] } ], [ PATCH => '/worlds?id=eq.1', { name => 'theirs' } ], [ DELETE => '/worlds?id=eq.1' ])
{
	my ($method, $path, $body) = @$request;
	is($rest->request($method, $path, $body, token => $bad)->{status}, 401, "$method $path with a token that is not accepted");
}
# Roles that PostgREST may not become.
for my $role (qw(tv_owner postgres pg_read_all_data pg_write_server_files nobody), 'tv_admin"; SET ROLE postgres --')
{
	my $answer = $rest->request(GET => '/worlds', undef, token => $rest->token(%ada, role => $role));
	like("$answer->{status} $answer->{json}{code}", qr/^40[03] (?:42501|22023)$/, "role $role") or diag($answer->{text});
}
is(worlds($rest->token(%ada)), '1 2', 'the same sessions go on to serve others');

# What PostgREST checks itself: signature and algorithm.
my ($head, $payload) = split /\./, $rest->token(%ada);
my $header = sub { encode_base64url($json->encode({ typ => 'JWT', @_ })) };
my %forged = (
	'alg none' => $header->(alg => 'none') . ".$payload.", 'alg None' => $header->(alg => 'None') . ".$payload.", 'no signature' => "$head.$payload.", 'two parts' => "$head.$payload",
	'another secret' => "$head.$payload." . encode_base64url(hmac_sha256("$head.$payload", 'a secret of somebody else, as long as that')),
	'an empty secret' => "$head.$payload." . encode_base64url(hmac_sha256("$head.$payload", '')), 'no JSON' => 'abc.def.ghi');
for my $what (sort keys %forged)
{
	my $answer = $rest->request(GET => '/worlds', undef, token => $forged{$what});
	is("$answer->{status} " . ($answer->{json}{code} =~ /^PGRST30/), '401 1', "$what: 401");
}
# What is no token of ours at all is none.
is($rest->request(GET => '/worlds?select=id', undef, headers => { Authorization => 'Basic YTpi' })->{text}, '[{"id":1}]', 'another way of signing in signs nobody in');

# ----------------------------------------------------------- keys of a provider

my $dir = $cluster->dir;
sub openssl { my ($status, $out, $err) = TvCluster::capture('openssl', @_); die $err if $status; return $out }
openssl('genrsa', '-out', "$dir/rsa.pem", '2048');
openssl('rsa', '-in', "$dir/rsa.pem", '-pubout', '-out', "$dir/rsa.pub.pem");
my ($modulus) = openssl('rsa', '-in', "$dir/rsa.pem", '-noout', '-modulus') =~ /=(\w+)/;
my %key = (kty => 'RSA', kid => 'first', use => 'sig', alg => 'RS256', e => 'AQAB', n => encode_base64url(pack 'H*', $modulus));
my $rsa = TvRest->new($cluster, 'app', keys => $json->encode({ keys => [ \%key ] }));
my $signed = sub { my ($payload, %head) = @_;
	my $text = $header->(alg => 'RS256', kid => 'first', %head) . ".$payload";
	open my $file, '>', "$dir/text" or die; print { $file } $text; close $file;
	return "$text." . encode_base64url(openssl('dgst', '-sha256', '-sign', "$dir/rsa.pem", "$dir/text")) };
is(worlds($signed->($payload), $rsa), '1 2', 'a token signed with a provider\'s key');
is(worlds($signed->(encode_base64url($json->encode({ iss => 'x', sub => 'ada', role => 'tv_analyst', exp => time + 99 }))), $rsa), '401', '... of another issuer: 401');
is(worlds($rest->token(%ada), $rsa), '401', 'one signed with a secret that is none any more: 401');
for my $public (do { open my $in, '<', "$dir/rsa.pub.pem" or die; local $/; scalar <$in> }, $key{n}, pack('H*', $modulus), $json->encode(\%key), $json->encode({ keys => [ \%key ] }))
{
	for my $secret ($public, $public =~ s/\n\z//r)
	{
		my $text = $header->(alg => 'HS256', kid => 'first') . ".$payload";
		is(worlds("$text." . encode_base64url(hmac_sha256($text, $secret)), $rsa), '401', 'HS256 with the public key for a secret: 401');
	}
}
is(worlds($header->(alg => 'none', kid => 'first') . ".$payload.", $rsa), '401', 'alg none there: 401');
my $both = TvRest->new($cluster, 'app', keys => $json->encode({ keys => [ \%key, { kty => 'oct', alg => 'HS256', k => encode_base64url($rest->secret) } ] }));
is(worlds($signed->($payload), $both), '1 2', 'a provider\'s key beside a secret');
is(worlds($rest->token(%ada), $both), '1 2', '... and the secret beside it');

# ------------------------------------------------------------------- who manages

for my $who ([ 'nobody', undef, 401 ], [ 'a player', $rest->token(%ada, role => 'tv_player'), 403 ], [ 'an analyst', $rest->token(%ada), 403 ])
{
	my ($name, $token, $status) = @$who;
	is($rest->request(GET => '/token_issuers', undef, token => $token)->{status}, $status, "$name reads no issuers");
	is($rest->request(POST => '/token_issuers', { issuer => 'x', audience => 'x', roles => [ 'tv_admin' ] }, token => $token)->{status}, $status, "$name adds none");
	my $root = $rest->request(GET => '/', undef, token => $token)->{json};
	ok(!$root->{paths}{'/token_issuers'} && !$root->{definitions}{token_issuers}, "$name is not shown that there is such a table");
}
my $root = $rest->token(%ada, role => 'tv_admin');
is($rest->request(POST => '/token_issuers', { issuer => 'https://other.example', audience => 'maps', roles => [ 'tv_player' ] }, token => $root)->{status}, 201, 'an administrator adds one');
my $other = $rest->token(iss => 'https://other.example', aud => 'maps', role => 'tv_player', sub => 'ada');
is(worlds($other), '1', 'whose tokens are let through at once');
is($rest->request(DELETE => '/token_issuers?issuer=eq.https://other.example', undef, token => $root)->{status}, 204, 'and takes it away');
is(worlds($other), '401', '... and they are not any more');

# PostgREST that logs in as somebody who is not for tokens serves nobody in his name.
$cluster->query('app', q{CREATE ROLE careless LOGIN NOINHERIT; GRANT tv_anonymous, tv_analyst TO careless; UPDATE timevmaps.worlds SET owner = 'careless' WHERE id = 5});
for my $claims ('{"role":"tv_anonymous"}', $json->encode({ iss => 'timevmaps', aud => 'timevmaps', sub => 'ada', role => 'tv_analyst', exp => time + 99 }))
{
	my ($role) = $claims =~ /"role":"(\w+)"/;
	is($cluster->sqlstate('app', "BEGIN; SET ROLE $role; SET request.jwt.claims = '$claims'; SELECT timevmaps.tv_check_request()", '-U', 'careless'), '55000',
		"a login that is not for tokens, as $role");
}
done_testing();
