# What who sends no token is shown: by the API's description, by what is refused, and by PostgREST's hints.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
my ($failed, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($failed, 0, 'roles') or diag($err);
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'open', 'public', 'timevmaps|ada'), (2, 'zzsecret', 'private', 'timevmaps|ada');
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'zzsecret');
	INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, idempotency_key, submitted_by) VALUES
		(1, 1, 'sr', '{"v_mps": 1, "proper_seconds": 1}', 'zzkey', 'timevmaps|ada'), (2, 2, 'sr', '{"v_mps": 1, "proper_seconds": 1}', 'zzkey', 'timevmaps|ada')});
my $rest = TvRest->new($cluster, 'app');
my $list = sub { [ split /\n/, $cluster->query('app', $_[0]) ] };

# The description shows what may be called and read, and nothing besides.
my $root = $rest->request(GET => '/')->{json};
my @paths = sort grep { $_ ne '/' } keys %{ $root->{paths} };
is_deeply([ map { m{^/rpc/(.*)} ? $1 : () } @paths ],
	$list->(q{SELECT proname FROM pg_proc WHERE pronamespace = 'timevmaps'::regnamespace AND prokind = 'f' AND has_function_privilege('tv_anonymous', oid, 'EXECUTE') ORDER BY proname COLLATE "C"}),
	'of functions the description has those that may be called');
my %readable = map { $_ => 1 } @{ $list->(q{SELECT relname FROM pg_class WHERE relnamespace = 'timevmaps'::regnamespace AND relkind IN ('r', 'p', 'v') AND has_any_column_privilege('tv_anonymous', oid, 'SELECT')}) };
is_deeply([ grep { m{^/(\w+)$} && !$readable{$1} } @paths ], [], 'of tables those that may be read');
is_deeply([ grep { !$readable{$_} } sort keys %{ $root->{definitions} } ], [], '... and no other is defined');
is_deeply([ grep { $root->{paths}{$_} } map { "/rpc/$_" } qw(tv_start_worker tv_stop_worker tv_apply_retention tv_submit_experiment tv_import_dimacs tv_prepare_graph tv_init) ], [],
	'nothing that writes, builds or runs');

# Every function: what may not be called is refused with one text, whatever it is asked.
for my $name (@{ $list->(q{SELECT proname FROM pg_proc WHERE pronamespace = 'timevmaps'::regnamespace AND prokind = 'f' AND NOT has_function_privilege('tv_anonymous', oid, 'EXECUTE') ORDER BY proname COLLATE "C"}) })
{
	my $arguments = $cluster->query('app', "SELECT coalesce(json_object_agg(n, NULL), '{}') FROM pg_proc p, unnest(p.proargnames[1:p.pronargs]) n WHERE p.oid = 'timevmaps.$name'::regproc");
	my $answer = $rest->request(POST => "/rpc/$name", $arguments);
	is("$answer->{status} " . ($answer->{json}{message} // ''), "401 permission denied for function $name", "$name is refused") or diag($answer->{text});
}

# Every column that says who did something, how it is run, or what went wrong.
for my $column (qw(experiments.submitted_by experiments.submitted_role experiments.worker_pid experiments.idempotency_key experiments.error experiments.claim))
{
	my ($table, $name) = split /\./, $column;
	my $answer = $rest->request(GET => "/$table?select=$name&limit=1");
	is("$answer->{status} " . ($answer->{json}{code} // ''), '401 42501', "$column is not read");
	is($rest->request(GET => "/$table?select=id&$name=not.is.null")->{status}, 401, '... nor asked about');
	is($rest->request(GET => "/$table?select=id&order=$name")->{status}, 401, '... nor sorted by');
}
for my $table (@{ $list->(q{SELECT relname FROM pg_class WHERE relnamespace = 'timevmaps'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname COLLATE "C"}) })
{
	my $answer = $rest->request(GET => "/$table?limit=1");
	like($answer->{status}, $readable{$table} ? qr/^(?:200|401)$/ : qr/^401$/, "$table: $answer->{status}");
	unlike($answer->{text}, qr/zzsecret|zzkey/, '... with nothing that is private') if $readable{$table};
	is($rest->request(DELETE => "/$table")->{status}, 401, '... from which nothing is deleted');
}

# PostgREST names what is called nearly so: things of this schema, whoever asks; never what is in others, nor a row's.
for my $path ('/rpc/tv_start_workr', '/rpc/tv_migration', '/rpc/tv_send_event', '/rpc/pg_sleep', '/rpc/tv_check_reqest', '/world', '/pg_authid', '/worlds?select=nam', '/worlds?select=id,timeline(id)',
	'/rpc/tv_branch?x=1', '/worlds?zzsecre=eq.1', '/worlds?name=zz.1', '/rpc/tv_identity?select=x')
{
	my $answer = $rest->request(GET => $path);
	cmp_ok($answer->{status}, '>=', 400, "$path: $answer->{status}");
	unlike($answer->{text}, qr/zzsecret|zzkey|timevmaps_internal|tv_migrations|pg_catalog/, '... and tells nothing of other schemas or rows');
}
is($rest->request(GET => '/worlds?id=eq.2')->{text}, $rest->request(GET => '/worlds?id=eq.99')->{text}, 'a private world is as one that is not there');
my @calls = map { my $answer = $rest->request(POST => '/rpc/tv_plan_route', { world_id => $_, timeline_id => $_, origin_place_id => 1, dest_place_id => 2 }); "$answer->{status} " . $answer->{text} =~ s/\b$_\b/n/gr } 2, 99;
is($calls[0], $calls[1], '... for a planner, too');
done_testing();
