# The log of events is read without gaps and without repeats, whatever commits when: a late committer, a transaction that stays open, pages that
# end in the middle of one, writers at random against the table itself.  And a cursor that cannot be gone on from is told apart.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'max_prepared_transactions = 5', 'max_connections = 40']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (1, 'other');
    CREATE FUNCTION public.tell(n bigint, timeline bigint DEFAULT 1, how_many bigint DEFAULT 1) RETURNS void LANGUAGE sql AS $$
        SELECT timevmaps_internal.tv_event_added('tv_experiment_submitted', array_agg(1::bigint), array_agg(timeline), array_agg(n + i), array_agg(0::bigint), array_agg('sr'::text))
        FROM generate_series(0, how_many - 1) i $$;
    CREATE ROLE player LOGIN IN ROLE tv_player;
});

# From a cursor on, in pages, until there is nothing: (cursor, subject, ...).
sub since
{
	my ($cursor, $page, $session) = @_;
	my @subjects;
	while (1)
	{
		my $ask = sprintf 'SELECT cursor, subject FROM timevmaps.tv_events_since(1, %s, %d)', defined $cursor ? "'$cursor'" : 'NULL', $page // 1000;
		my @rows = map { [ split /\|/, $_, 2 ] } grep { /^v1/ } split /\n/, $session ? $session->query($ask) : q1($ask);
		my @events = grep { $_->[1] ne '' } @rows;
		$cursor = $rows[-1][0];
		push @subjects, map { $_->[1] } @events;
		last if !@events;
	}
	return ($cursor, @subjects);
}

# ---------------------------------------------------------------- who commits late
my ($cursor, @got) = since(undef);
is_deeply(\@got, [], 'without a cursor nothing is told but where to go on');
my $late = TvSession->new($cluster, 'app', 'late');
$late->query('BEGIN; SELECT public.tell(1)');
q1('SELECT public.tell(2)');
($cursor, @got) = since($cursor);
is_deeply(\@got, [2], 'what has committed is read beside what is open');
($cursor, @got) = since($cursor);
is_deeply(\@got, [], 'once');
q1('SELECT public.tell(3)');
$late->query('SELECT public.tell(4)');
$late->query('COMMIT');
q1('SELECT public.tell(5)');
($cursor, @got) = since($cursor);
is_deeply(\@got, [1, 4, 3, 5], 'who commits late is not skipped, though his numbers are smaller');
($cursor, @got) = since($cursor);
is_deeply(\@got, [], '... and read once');
q1("BEGIN; SELECT public.tell(6); PREPARE TRANSACTION 'p'");
q1('BEGIN; SELECT public.tell(7); ROLLBACK');
q1('SELECT public.tell(8)');
($cursor, @got) = since($cursor);
is_deeply(\@got, [8], 'nor is what is prepared read, nor what was rolled back');
q1("COMMIT PREPARED 'p'");
($cursor, @got) = since($cursor);
is_deeply(\@got, [6], '... before it is committed');
q1('SELECT public.tell(9, 2)');
($cursor, @got) = since($cursor);
is_deeply(\@got, [], 'other timelines\' are not among them');
(undef, @got) = since('');
is_deeply(\@got, [1, 4, 2, 3, 5, 6, 8], 'an empty cursor is the beginning, in the order of the transactions');

# ---------------------------------------------------------------- in one's own transaction
my $own = TvSession->new($cluster, 'app', 'own');
$own->query('BEGIN; SELECT public.tell(20)');
q1('SELECT public.tell(21)');
($cursor, @got) = since($cursor, 1000, $own);
is_deeply(\@got, [21], 'who has written himself is told of others');
$own->query('SELECT public.tell(22); COMMIT');
($cursor, @got) = since($cursor);
is_deeply(\@got, [20, 22], '... and of his own when they are committed, all of them');

# ---------------------------------------------------------------- a transaction that stays open, and pages
$late->query('BEGIN; SELECT public.tell(30)');
my @told;
my $slow = 0;
for my $i (1 .. 20)
{
	q1("SELECT public.tell(100 + $i)");
	my $start = time;
	($cursor, @got) = since($cursor);
	$slow = time - $start if time - $start > $slow;
	push @told, @got;
}
is_deeply(\@told, [ map { 100 + $_ } 1 .. 20 ], 'while a writer is open all others are read, each at once');
cmp_ok($slow, '<', 1, '... within a second');
q1('SELECT public.tell(1000000, 1, 5000); SELECT public.tell(2000000, 1, 10)');
$late->query('SELECT public.tell(31, 1, 69); COMMIT');
my $begin = $cursor;
($cursor, @got) = since($cursor, 7);
is_deeply(\@got, [ 30 .. 99, 1000000 .. 1004999, 2000000 .. 2000009 ], 'pages of seven end in the middle of transactions, and lose and repeat nothing');
($cursor, @got) = since($cursor);
is_deeply(\@got, [], '... nor after them');
# What commits between two pages is of neither's window, and comes after it.
my ($page) = q1("SELECT cursor FROM timevmaps.tv_events_since(1, '$begin', 7) OFFSET 6");
q1('SELECT public.tell(40)');
is(q1("SELECT string_agg(subject::text, ',') FROM timevmaps.tv_events_since(1, '$page', 3)"), '37,38,39', 'between two pages');
(undef, @got) = since($page, 500);
is(@got, 70 - 7 + 5010 + 1, '... it is read in its turn');
is($got[-1], 40, '... the last');
($cursor) = since($cursor);

# A poll costs what is new, however long a transaction has been open and however much there is.
$late->query('BEGIN; SELECT public.tell(50)');
($cursor) = since($cursor);
q1('SELECT public.tell(3000000, 1, 20000)');
($cursor) = since($cursor, 10000);
q1('VACUUM ANALYZE timevmaps.events');
my $plan = q1("SELECT 1 FROM timevmaps.tv_events_since(1, '$cursor'); EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) SELECT * FROM timevmaps.tv_events_since(1, '$cursor')");
my ($hit) = $plan =~ /Buffers: shared hit=(\d+)/;
cmp_ok($hit, '<', 300, "an idle poll touches few pages ($hit)");
$late->query('ROLLBACK');

# ---------------------------------------------------------------- cursors that are none
sub refused { my ($cursor, @how) = @_; return $cluster->sqlstate($how[0] // 'app', "SELECT * FROM timevmaps.tv_events_since(1, '$cursor')") }
is(refused($_), '22023', "no cursor: $_") for 'x', 'v1', 'v1.1.1.1', "$cursor.", "$cursor.5", "x$cursor", 'v2' . substr($cursor, 2), $cursor =~ s/:/;/r,
	$cursor =~ s/(\d+):(\d+):/$2:$1:/r =~ s/:$/:1/r, $cursor =~ s/(\d+):(\d+):.*/99999999999999999999:1:/r, $cursor . ',' . '1,' x 60000;
is($cluster->sqlstate('app', q{SET statement_timeout = '3s'; SELECT * FROM timevmaps.tv_events_since(1, 'v1.1.1.1:1:' || repeat('1,', 30000000))}), '22023', '... also one of 60 MB, at once');
my ($prefix) = $cursor =~ /^(v1\.\w+\.\d+\.)/;
is(refused("${prefix}99999999:99999999:"), '22023', 'one that knows more transactions than there have been');
like(($cluster->psql('app', "SELECT * FROM timevmaps.tv_events_since(1, '${prefix}99999999:99999999:')"))[2], qr/cursor: it knows transactions that have not been/, '... is told so');
is(refused($cursor =~ s/^(v1\.\w+)\.\d+/$1.1000/r), 'PT410', 'one that is older than what is kept');
is($cluster->sqlstate('app', "SELECT * FROM timevmaps.tv_events_since(1, '$cursor', $_)"), '22023', "no number of events: $_") for 0, 10001, 'NULL';
is($cluster->sqlstate('app', 'SELECT * FROM timevmaps.tv_events_since(77)'), 'PT404', 'no such timeline');
undef $late;
undef $own;
ok($cluster->poll('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'app'"), 'nobody is connected');
$cluster->query('postgres', 'CREATE DATABASE copy TEMPLATE app');
is(refused($cursor, 'copy'), '22023', 'one of another database');
like(($cluster->psql('copy', "SELECT * FROM timevmaps.tv_events_since(1, '$cursor')"))[2], qr/cursor: it is of another database/, '... is told so');
is($cluster->query('copy', "SELECT count(id) FROM timevmaps.tv_events_since(1, '')"), '0', 'what came along with a copy is not new there');
$cluster->query('copy', 'SELECT public.tell(60)');
is($cluster->query('copy', "SELECT count(id) FROM timevmaps.tv_events_since(1, '')"), '1', '... and what happens there is');

# ---------------------------------------------------------------- who sees what
q1(q{INSERT INTO timevmaps.worlds (name, visibility) VALUES ('secret', 'private'); INSERT INTO timevmaps.timelines (world_id, label) VALUES (2, 'main');
	SELECT timevmaps_internal.tv_event_added('tv_experiment_submitted', '{2}', '{3}', '{1}', '{0}', '{sr}'); UPDATE timevmaps.worlds SET visibility = 'public' WHERE id = 1});
my $as = 'SET SESSION AUTHORIZATION player; ';
cmp_ok(q1("$as SELECT count(*) FROM timevmaps.events"), '>', 5000, 'a player reads events of a public world');
is(q1("$as SELECT count(*) FROM timevmaps.events WHERE world_id = 2"), '0', 'and none of a private one');
is(q1("$as SELECT count(id) FROM timevmaps.tv_events_since(1, '', 5)"), '5', 'he asks since when');
is($cluster->sqlstate('app', "$as SELECT * FROM timevmaps.tv_events_since(3, '')"), 'PT404', '... of a timeline that he sees');
is(q1("$as SELECT timevmaps.tv_live(1, 1) - 'cursor'"), '{"more": false, "state": {"experiments": []}, "missed": []}', 'and how it is now');
is($cluster->sqlstate('app', "$as SELECT timevmaps.tv_live($_)"), 'PT404', "... not of tv_live($_)") for '2, 3', '1, 3', '2, 1', '77, 1';
is($cluster->sqlstate('app', "$as INSERT INTO timevmaps.events (era, world_id, timeline_id, type, subject, attempt) VALUES (1, 1, 1, 'x', 1, 1)"), '42501', 'he writes none');
is($cluster->sqlstate('app', "$as $_"), '42501', "nor $_") for 'DELETE FROM timevmaps.events', 'SELECT * FROM timevmaps.events_default',
	'SELECT timevmaps_internal.tv_event_now()';
is($cluster->sqlstate('app', "SET ROLE tv_admin; $_"), '42501', "an administrator does not, either: $_") for 'DELETE FROM timevmaps.events', "UPDATE timevmaps.events SET type = 'x'";

# ---------------------------------------------------------------- live: state, what was missed, and where to go on
q1(q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) VALUES (1, 1, 'sr', '{"v_mps": 1}', now() + interval '1 day')});
($cursor) = since('', 10000);
q1('SELECT public.tell(70, 1, 3)');
my $live = q1("SELECT l -> 'missed', l -> 'more', jsonb_path_query_array(l, '\$.state.experiments[*].status') FROM timevmaps.tv_live(1, 1, '$cursor') l");
like($live, qr/^\[\{"at": "[^"]+", "kind": "sr", "type": "tv_experiment_submitted", "attempt": 0, "experiment_id": 70\}, .*71\}, .*72\}\]\|false\|\["queued"\]$/, 'what was missed, and the state');
is(q1("SELECT count(id) FROM timevmaps.tv_events_since(1, (SELECT l ->> 'cursor' FROM timevmaps.tv_live(1, 1, '$cursor') l))"), '0', 'its cursor goes on after that');
q1('SELECT public.tell(80, 1, 1500)');
is(q1("SELECT jsonb_array_length(l -> 'missed'), l -> 'more' FROM timevmaps.tv_live(1, 1, '$cursor') l"), '1000|true', 'of a great many there are more');
is(q1("SELECT jsonb_array_length(l -> 'missed'), l -> 'more' FROM timevmaps.tv_live(1, 1, (SELECT l ->> 'cursor' FROM timevmaps.tv_live(1, 1, '$cursor') l)) l"), '503|false', '... which it goes on with');
is(q1("SELECT l -> 'missed', l -> 'more', l ? 'cursor' FROM timevmaps.tv_live(1, 1, '" . ($cursor =~ s/^(v1\.\w+)\.\d+/$1.1000/r) . "') l"), 'null|false|t', 'what is not kept is told');
# What runs is in it however much was submitted after it.
my $long = q1(q{SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'quantum', '{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false,
	"options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}')});
my $work = TvSession->new($cluster, 'app', 'work');
$work->begin('CALL timevmaps.tv_work(1)');
ok($cluster->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $long", 20), 'a long one runs');
q1("INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{\"v_mps\": 1}' FROM generate_series(1, 1500) n");
is(q1("SELECT e ->> 'status' FROM timevmaps.tv_live(1, 1) l, jsonb_array_elements(l #> '{state,experiments}') e WHERE e ->> 'experiment_id' = '$long'"), 'running', '... and is told however much has come since');
q1("SELECT timevmaps.tv_cancel_experiment($long)");
$work->finish;
is($cluster->sqlstate('app', "SELECT timevmaps.tv_live(1, 1, 'x')"), '22023', 'what is no cursor is refused');

# ---------------------------------------------------------------- writers at random
($cursor) = since(undef);
my $last = q1('SELECT max(id) FROM timevmaps.events');
my $end = time + 8;
my @writers;
for my $w (1 .. 6)
{
	my $pid = fork() // die;
	if (!$pid)
	{
		srand($w);
		my $session = TvSession->new($cluster, 'app', "writer$w");
		my $n = $w * 10_000_000;
		while (time < $end)
		{
			$session->query('BEGIN');
			for (0 .. int rand 3)
			{
				my $many = 1 + int rand 30;
				$session->query("SELECT public.tell($n, 1, $many)" . (rand() < 0.2 ? "; SAVEPOINT a; SELECT public.tell($n + 5000000, 1, 3); ROLLBACK TO a" : ''));
				$n += $many;
				sleep rand 0.05;
			}
			sleep 1 if rand() < 0.05;
			$session->query(rand() < 0.15 ? 'ROLLBACK' : 'COMMIT');
		}
		undef $session;
		require POSIX;
		POSIX::_exit(0);
	}
	push @writers, $pid;
}
my $reader = TvSession->new($cluster, 'app', 'reader');
my @all;
my $polls = 0;
while (time < $end + 0.5)
{
	($cursor, @got) = since($cursor, 1 + $polls++ % 50, $reader);
	push @all, @got;
}
waitpid $_, 0 for @writers;
($cursor, @got) = since($cursor, 1000, $reader);
push @all, @got;
my @oracle = split /\n/, q1("SELECT subject FROM timevmaps.events WHERE id > $last AND timeline_id = 1");
cmp_ok(@oracle, '>', 500, 'writers have written: ' . @oracle . " events, read in $polls rounds");
is_deeply([ sort { $a <=> $b } @all ], [ sort { $a <=> $b } @oracle ], 'each was read, and once');
undef $reader;

# ---------------------------------------------------------------- after a crash
($cursor) = since(undef);
q1('BEGIN; SELECT public.tell(90); ROLLBACK');
($cursor) = since($cursor);
$cluster->stop('immediate');
$cluster->start;
q1("SELECT public.tell(91)");
($cursor, @got) = since($cursor);
is_deeply(\@got, [91], 'a cursor survives a crash of the server, and misses nothing after it');
done_testing();
