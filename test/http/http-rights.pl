# What each role may do over HTTP, request by request: who sends no token, a player, an analyst who belongs to no world, one who owns
# one, and an administrator.  And what is refused to who has no token has changed nothing, in the catalog neither.
use strict;
use warnings;
use Test::More;
use TvCatalog qw(everything difference);
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new;
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'roles') or diag($err);
$cluster->query('app', q{
	INSERT INTO timevmaps.worlds (id, name, visibility, owner, rules) VALUES (1, 'open', 'public', 'timevmaps|ada', '{"clock": "local"}'), (2, 'secret', 'private', 'timevmaps|ada', '{}');
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
	INSERT INTO timevmaps.places (id, world_id, name, lat, lon) SELECT n, CASE WHEN n < 50 THEN 1 ELSE 2 END, 'p' || n, 0, n * 0.01 FROM generate_series(1, 60) n;
	INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT n, 1, n, n + 1, 1000, 36 FROM generate_series(1, 9) n;
	INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 1, n, 72 FROM generate_series(1, 9) n;
	INSERT INTO timevmaps.turns (id, from_segment_id, via_place_id, to_segment_id, rule) VALUES (1, 9, 9, 9, 'no');
	INSERT INTO timevmaps.vehicle_profiles (id, world_id, name) SELECT n, 1, 'v' || n FROM generate_series(1, 10) n;
	SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,places,segments,turns,vehicle_profiles}'::text[]) t;
	SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v": 1}'), timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v": 1}', run_at => '2100-01-01')});
$cluster->query('app', 'CALL timevmaps.tv_work(1)');
my $rest = TvRest->new($cluster, 'app');
my @who = (
	[ 'nobody', undef ], [ 'a player', $rest->token(role => 'tv_player', sub => 'bob') ], [ 'another analyst', $rest->token(role => 'tv_analyst', sub => 'eve') ],
	[ 'the owner', $rest->token(role => 'tv_analyst', sub => 'ada') ], [ 'an administrator', $rest->token(role => 'tv_admin', sub => 'root') ]);

# Statuses in that order; a code in the body stands after a slash.
my $refused = '401/42501 403/42501';
my ($n, $place, $override, $turn, $profile) = (0, 30, 2, 4, 2);
my @cases = (
	# Reading.
	(map { [ GET => $_, undef, '200 200 200 200 200' ] } '/places?limit=1', '/timelines?limit=1', '/segments?limit=1', '/segment_overrides?limit=1', '/gateways?limit=1', '/route_plans?limit=1', '/circuits?limit=1',
		'/frames?limit=1', '/results?limit=1', '/speed_profiles?limit=1', '/segment_profiles?limit=1', '/layers?limit=1', '/zones?limit=1', '/zone_owners?limit=1', '/turns?limit=1', '/vehicle_profiles?limit=1', '/worlds?select=id,name,rules,visibility', '/world_members?select=world_id,member,access',
		'/experiments?select=id,kind,status,progress,submitted_at', '/rpc/tv_plan_route?world_id=1&timeline_id=1&origin_place_id=1&dest_place_id=3', '/rpc/tv_gamma?v_mps=1'),
	[ GET => '/rpc/tv_editable_worlds', undef, "$refused 200 200 200" ],
	[ GET => '/worlds', undef, "$refused 200 200 200" ],
	[ GET => '/worlds?select=owner', undef, "$refused 200 200 200" ],
	[ GET => '/worlds?owner=eq.timevmaps|ada&select=id', undef, "$refused 200 200 200" ],
	[ GET => '/experiments', undef, "$refused 403/42501 403/42501 200" ],
	(map { [ GET => "/experiments?select=$_", undef, "$refused 200 200 200" ] } qw(error idempotency_key submitted_by claim lost)),
	(map { [ GET => "/experiments?select=$_", undef, "$refused 403/42501 403/42501 200" ] } qw(submitted_role worker_pid)),
	[ GET => '/experiments?worker_pid=gt.0&select=id', undef, "$refused 403/42501 403/42501 200" ],
	[ GET => '/experiments?order=submitted_by&select=id', undef, "$refused 200 200 200" ],
	(map { [ GET => "/$_", undef, "$refused 403/42501 403/42501 200" ] } qw(schema_migrations network_changes quotas quota_usage token_issuers)),
	(map { [ GET => "/rpc/$_", undef, "$refused 403/42501 403/42501 200" ] } qw(tv_worker_status tv_worker_counters)),
	[ GET => '/rpc/tv_plan_route?world_id=2&timeline_id=2&origin_place_id=51&dest_place_id=52', undef, '404/PT404 404/PT404 404/PT404 200 200' ],
	# Writing rows. Each of them once more where it is done.
	[ POST => '/worlds?select=id', sub { { name => 'w' . $n++ } }, "$refused 201 201 201" ],
	[ POST => '/worlds', sub { { id => 2000 + $n, name => 'w' . $n++ } }, "$refused 403/42501 403/42501 201" ],
	[ POST => '/worlds', sub { { name => 'w' . $n++, owner => 'timevmaps|ada' } }, "$refused 403/42501 403/42501 201" ],
	[ POST => '/places', { world_id => 1, lat => 1, lon => 2 }, "$refused 403/42501 201 201" ],
	[ POST => '/places', sub { { id => 2000 + $n++, world_id => 1, lat => 1, lon => 2 } }, "$refused 403/42501 403/42501 201" ],
	[ PATCH => '/places?id=eq.1', { name => 'A' }, "$refused 204 204 204" ],
	[ PATCH => '/places?id=eq.1', { world_id => 1 }, "$refused 403/42501 403/42501 204" ],
	[ PATCH => '/places?id=eq.1', { id => 1 }, "$refused 403/42501 403/42501 204" ],
	[ PATCH => '/worlds?id=eq.1', { rules => { clock => 'local' } }, "$refused 204 204 204" ],
	[ PATCH => '/worlds?id=eq.1', { owner => 'timevmaps|ada' }, "$refused 403/42501 403/42501 204" ],
	[ PATCH => '/experiments?id=eq.1', { progress => 1 }, "$refused 403/42501 403/42501 204" ],
	[ POST => '/segment_overrides?on_conflict=timeline_id,segment_id', { timeline_id => 1, segment_id => 1, speed_kph => 50 }, "$refused 403/42501 200 200", { Prefer => 'resolution=merge-duplicates' } ],
	[ POST => '/turns', sub { { from_segment_id => $turn, via_place_id => $turn + 1, to_segment_id => ++$turn, rule => 'cost', penalty_s => 1 } }, "$refused 403/42501 201 201" ],
	[ POST => '/turns', { world_id => 1, from_segment_id => 8, via_place_id => 8, to_segment_id => 8, rule => 'no' }, "$refused 403/42501 403/42501" ],
	[ POST => '/turns', { from_segment_id => 1, via_place_id => 51, to_segment_id => 1, rule => 'no' }, "$refused 409/23503 409/23503 409/23503" ],
	[ POST => '/turns', { from_segment_id => 1, via_place_id => 5, to_segment_id => 1, rule => 'no' }, "$refused 400/23514 400/23514 400/23514" ],
	[ POST => '/turns?on_conflict=world_id,timeline_id,from_segment_id,via_place_id,to_segment_id', { timeline_id => undef, from_segment_id => 9, via_place_id => 9, to_segment_id => 9, rule => 'cost', penalty_s => 7 },
		"$refused 403/42501 200 200", { Prefer => 'resolution=merge-duplicates' } ],
	[ PATCH => '/turns?id=eq.1', { rule => 'no', penalty_s => undef }, "$refused 204 204 204" ],
	[ PATCH => '/turns?id=eq.1', { via_place_id => 10 }, "$refused 204 400/23514" ],
	[ POST => '/vehicle_profiles', sub { { world_id => 1, name => 'p' . $n++, speeds => { path => 12.5 }, forbidden => [ 'motorway' ], height_m => 4, gates => JSON::PP::false } }, "$refused 403/42501 201 201" ],
	[ POST => '/vehicle_profiles', sub { { world_id => 1, name => 'p' . $n++, speeds => { path => 'fast' } } }, "$refused 403/42501 400/23514 400/23514" ],
	[ PATCH => '/vehicle_profiles?id=eq.1', { forbidden => [] }, "$refused 204 204 204" ],
	[ PATCH => '/vehicle_profiles?id=eq.1', { world_id => 1 }, "$refused 403/42501 403/42501 204" ],
	[ PATCH => '/segments?id=eq.9', { class => 'path', max_height_m => 3.5, gate => JSON::PP::true }, "$refused 204 204 204" ],
	[ PATCH => '/segment_overrides?segment_id=eq.9', { class => 'lane', max_weight_kg => 3500 }, "$refused 204 204 204" ],
	[ POST => '/experiments?select=id', { world_id => 1, timeline_id => 1, kind => 'sr', params => { v => 1 } }, "$refused 403/42501 201 201" ],
	[ DELETE => '/places?id=eq.49', undef, "$refused 403/42501 403/42501 204" ],
	(map { [ DELETE => "/$_", undef, "$refused 403/42501 403/42501" ] } qw(worlds?id=eq.1 experiments?id=eq.1 world_members segment_overrides?timeline_id=eq.1 turns?id=eq.1 vehicle_profiles?id=eq.1 circuits frames results schema_migrations?version=eq.0)),
	# By functions.
	[ POST => '/rpc/tv_delete_rows', sub { { relation => 'places', ids => [ $place++ ] } }, "$refused 403/42501 200 200" ],
	[ POST => '/rpc/tv_delete_rows', { relation => 'places', ids => [ 60 ] }, "$refused 404/PT404" ],
	[ POST => '/rpc/tv_delete_rows', { relation => 'places', ids => [ 1 ] }, "$refused 403/42501 409/23503 409/23503" ],
	[ POST => '/rpc/tv_delete_rows', { relation => 'worlds', ids => [ 1 ] }, "$refused 400/22023 400/22023 400/22023" ],
	[ POST => '/rpc/tv_delete_rows', sub { { relation => 'vehicle_profiles', ids => [ ++$profile ] } }, "$refused 403/42501 200 200" ],
	[ POST => '/rpc/tv_delete_rows', { relation => 'turns', ids => [ 1 ] }, "$refused 403/42501 200 404/PT404" ],
	[ POST => '/rpc/tv_clear_overrides', sub { { timeline_id => 1, segment_ids => [ $override++ ] } }, "$refused 403/42501 200 200" ],
	[ POST => '/rpc/tv_branch?select=label', sub { { timeline_id => 1, label => 'b' . $n++ } }, "$refused 403/42501 200 200" ],
	[ POST => '/rpc/tv_save_route?select=world_ids', { world_id => 1, timeline_id => 1, origin_place_id => 1, dest_place_id => 3 }, "$refused 403/42501 200 200" ],
	[ POST => '/rpc/tv_submit_experiment', { world_id => 1, timeline_id => 1, kind => 'sr', params => { v => 1 } }, "$refused 403/42501 202 202" ],
	[ POST => '/rpc/tv_cancel_experiment', { id => 2 }, "$refused 403/42501 200 409/PT409" ],
	[ POST => '/rpc/tv_prepare_graph', { world_id => 1 }, "$refused 200 200 200" ],
	[ POST => '/rpc/tv_add_member', { world_id => 1, member => 'timevmaps|zoe' }, "$refused 403/42501 204 204" ],
	[ POST => '/rpc/tv_apply_retention', { before => '2000-01-01' }, "$refused 403/42501 403/42501 200" ],
	(map { [ POST => "/rpc/$_", {}, "$refused 403/42501 403/42501 200" ] } qw(tv_metrics)),
	(map { [ POST => "/rpc/$_", {}, "$refused 403/42501 403/42501 403/42501" ] } qw(tv_init)),
	(map { [ POST => "/rpc/$_", {}, '404 404 404 404 404' ] } qw(tv_wake tv_make_roles tv_table_grants)),
	[ POST => '/rpc/tv_import_pgrouting', { world_id => 1, edges => 'timevmaps.segments' }, $refused ],
	[ POST => '/rpc/tv_import_turns', { world_id => 1, rules => 'timevmaps.turns' }, $refused ],
	[ POST => '/rpc/tv_import_dimacs', { world_id => 1, graph => "p sp 1 0\n", coordinates => "p aux sp co 1\nv 1 0 0\n" }, $refused ]);

my $before = everything($cluster, 'app');
for my $i (0 .. $#who)
{
	my ($name, $token) = @{ $who[$i] };
	for my $case (@cases)
	{
		my ($method, $path, $body, $statuses, $headers) = @$case;
		my ($wanted, $code) = split m{/}, (split ' ', $statuses)[$i] // next;
		$body = $body->() if ref $body eq 'CODE';
		my $answer = $rest->request($method, $path, $body, token => $token, headers => $headers);
		my $got = $answer->{status} . ($code ? '/' . (ref $answer->{json} eq 'HASH' ? $answer->{json}{code} // '' : '') : '');
		is($got, $wanted . ($code ? "/$code" : ''), "$name: $method $path") or diag($answer->{text});
	}
	is(difference($before, everything($cluster, 'app')), '', '... and nothing has changed') if $i < 2;
}

# The description of the API shows a role the tables and functions of which it may do something.
for my $i (0 .. $#who)
{
	my ($name, $token) = @{ $who[$i] };
	my $paths = $rest->request(GET => '/', undef, token => $token)->{json}{paths};
	my $role = (qw(tv_anonymous tv_player tv_analyst tv_analyst tv_admin))[$i];
	my $tables = $cluster->query('app', qq{SELECT string_agg('/' || relname, ' ' ORDER BY relname COLLATE "C") FROM pg_class c WHERE relnamespace = 'timevmaps'::regnamespace AND relkind IN ('r', 'p', 'v')
		AND NOT relispartition AND has_any_column_privilege('$role', oid, 'SELECT, INSERT, UPDATE')});
	is(join(' ', grep { !m{^/(rpc/|$)} } sort keys %$paths), $tables, "$name is shown the tables that are for that role");
	my $functions = $cluster->query('app', qq{SELECT string_agg('/rpc/' || proname, ' ' ORDER BY proname COLLATE "C") FROM pg_proc WHERE pronamespace = 'timevmaps'::regnamespace AND prokind = 'f'
		AND prorettype <> 'trigger'::regtype AND has_function_privilege('$role', oid, 'EXECUTE')});
	is(join(' ', grep { m{^/rpc/} } sort keys %$paths), $functions, '... and the functions');
}
done_testing();
