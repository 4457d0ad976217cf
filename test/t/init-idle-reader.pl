# test/run: calm
# tv_init() migrates while somebody is idle in a transaction that has read our tables: it waits for nobody long, so nobody waits behind it;
# it is done when the reader has gone, or says who is in its way.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new;
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
my $columns = q{SELECT string_agg(attrelid::regclass || '.' || attname, ' ' ORDER BY attrelid::regclass::text, attname) FROM pg_attribute WHERE attname LIKE 'later%'};

q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
    CREATE ROLE player LOGIN IN ROLE tv_player;
});
# A version with two migrations more: the first can be made at once, and locks its table; the second waits.
q1(q{
    CREATE TABLE known AS SELECT * FROM timevmaps_internal.tv_migrations();
    GRANT SELECT ON known TO PUBLIC;
    CREATE OR REPLACE FUNCTION timevmaps_internal.tv_migrations(OUT version integer, OUT name text, OUT script text) RETURNS SETOF record LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp AS $$
        SELECT k.version, k.name, k.script FROM public.known k
        UNION ALL VALUES (901, 'later', 'ALTER TABLE timevmaps.places ADD COLUMN later integer'), (902, 'later-still', 'ALTER TABLE timevmaps.worlds ADD COLUMN later integer') $$;
});

my $idle = TvSession->new($cluster, 'app', 'idle');
$idle->query('BEGIN; SELECT count(*) FROM timevmaps.worlds');
my @others = map { TvSession->new($cluster, 'app', $_) } qw(worlds places);
my $init = TvSession->new($cluster, 'app', 'init');
$init->query("SET client_min_messages = warning");

# Others meanwhile: how long the longest of their queries took.
sub others
{
	my ($seconds, $until) = @_;
	my ($longest, $count, $end) = (0, 0, time + $seconds);
	while (time < $end && !$until->())
	{
		for my $other (@others)
		{
			my $start = time;
			$other->query("SELECT count(*) FROM timevmaps.$other->{name}");
			$longest = time - $start if time - $start > $longest;
			$count++;
		}
	}
	return ($longest, $count);
}

$init->begin('SELECT version FROM timevmaps.tv_init()');
my ($longest, $count) = others(3, sub { 0 });
ok($init->is_waiting(0), 'tv_init() tries again and again');
cmp_ok($count, '>', 100, "$count queries meanwhile");
cmp_ok($longest, '<', 0.2, sprintf 'none of which waits: %.0f ms', 1000 * $longest);
is($idle->query('SELECT count(*) FROM timevmaps.worlds'), '1', 'nor the reader');
is(q1($columns), '', 'nothing has been changed');
is(q1(q{SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'timevmaps.places'::regclass}), '0', 'and nothing is kept locked');
$idle->query('COMMIT');
my $made = $init->finish;
is("$made->{rows} $made->{sqlstate}", "901\n902 ", 'when the reader has gone, it migrates, each once') or diag explain $made;
is(q1($columns), 'timevmaps.places.later timevmaps.worlds.later', 'the columns are there');

# Who stays.
q1(q{
    CREATE OR REPLACE FUNCTION timevmaps_internal.tv_migrations(OUT version integer, OUT name text, OUT script text) RETURNS SETOF record LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp AS $$
        SELECT k.version, k.name, k.script FROM public.known k
        UNION ALL VALUES (901, 'later', ''), (902, 'later-still', ''), (903, 'last', 'ALTER TABLE timevmaps.worlds ADD COLUMN later2 integer') $$;
});
$idle->query('BEGIN; SELECT count(*) FROM timevmaps.worlds');
my $reader = $idle->query('SELECT pg_backend_pid()');
my $start = time;
my ($status, $out, $err);
my $pid = fork() // die;
if (!$pid) { ($status, $out, $err) = $cluster->psql('app', 'SELECT timevmaps.tv_init()'); open my $told, '>', $cluster->dir . '/told'; print $told $err; close $told; require POSIX; POSIX::_exit($status ? 1 : 0) }
($longest, $count) = others(30, sub { require POSIX; return waitpid($pid, POSIX::WNOHANG()) > 0 ? $status = $? : 0 });
isnt($status, 0, 'a reader that stays: tv_init() gives up') or waitpid $pid, 0;
cmp_ok(time - $start, '<', 20, 'after some seconds');
cmp_ok($longest, '<', 0.2, sprintf 'while none of %d queries waits: %.0f ms', $count, 1000 * $longest);
open my $told, '<', $cluster->dir . '/told' or die;
my $text = do { local $/; <$told> };
like($text, qr/ERROR:  55P03: tables of timevmaps are in use, and nothing has been changed/, '55P03');
like($text, qr/DETAIL:.*process $reader \(postgres, idle in transaction\) on timevmaps\.worlds/, 'the detail says who is in the way');
like($text, qr/HINT:.*idle in a transaction/, 'and the hint what to do');
is(q1($columns), 'timevmaps.places.later timevmaps.worlds.later', 'nothing has been changed');
$idle->query('COMMIT');
is(q1("BEGIN; SET LOCAL lock_timeout = '7s'; SELECT version FROM timevmaps.tv_init(); SELECT current_setting('lock_timeout'), current_setting('deadlock_timeout'); COMMIT"),
	"903\n7s|1s", 'when he has gone, a call migrates, and leaves no setting behind');
is(q1($columns), 'timevmaps.places.later timevmaps.worlds.later timevmaps.worlds.later2', 'the column is there');
done_testing();
