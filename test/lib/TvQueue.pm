# What must hold of the queue whatever happened to the server, and a mix of work to make things happen in.
#
#     TvQueue::setup($cluster, 'app');                    # worlds, gateways, places and the role ana
#     my $mix = TvQueue->new($cluster, 'app', seed => 7, clients => 3);   # clients that submit, cancel and retry
#     $mix->move_to($other);                              # they go on with another server
#     $mix->stop;
#     is(join("\n", $mix->broken_promises), '');          # what they were told, and is not so
#     ok(TvQueue::drained($cluster, 'app', 120));
#     is(join("\n", TvQueue::complaints($cluster, 'app', 1)), '');   # 1: nothing waits and nothing runs
#
# Each query below finds what is wrong and says it, a row each; none shares code with what it checks.
package TvQueue;
use strict;
use warnings;
use POSIX ();
use Time::HiRes qw(sleep time);

# ---------------------------------------------------------------- what must hold

my @always = (
	[ 'a finished experiment without a result' => q{
		SELECT e.id FROM timevmaps.experiments e WHERE e.status = 'finished' AND NOT EXISTS (SELECT FROM timevmaps.results r WHERE r.experiment_id = e.id)} ],
	[ 'a result of one that is not finished' => q{
		SELECT e.id FROM timevmaps.experiments e JOIN timevmaps.results r ON r.experiment_id = e.id WHERE e.status <> 'finished'} ],
	[ 'a result of another attempt than the last' => q{
		SELECT e.id, e.claim, r.artifacts ->> 'attempt' FROM timevmaps.experiments e JOIN timevmaps.results r ON r.experiment_id = e.id
		WHERE (r.artifacts ->> 'attempt')::bigint <> e.claim} ],
	[ 'frames that were stored before the last attempt, or after it' => q{
		SELECT e.id, f.step, f.created_at, e.started_at, e.finished_at FROM timevmaps.experiments e JOIN timevmaps.frames f ON f.experiment_id = e.id
		WHERE e.status <> 'queued' AND (f.created_at < e.started_at OR f.created_at > e.finished_at)} ],
	[ 'more or fewer frames than gates' => q{
		SELECT e.id, count(f.step), e.params ->> 'x-frames' FROM timevmaps.experiments e LEFT JOIN timevmaps.frames f ON f.experiment_id = e.id
		WHERE e.status = 'finished' AND e.params ? 'x-frames' GROUP BY e.id
		HAVING array_agg(f.step ORDER BY f.step) IS DISTINCT FROM (SELECT array_agg(s) FROM generate_series(1, (e.params ->> 'x-frames')::bigint) s)} ],
	[ 'frames of no experiment' => q{
		SELECT DISTINCT f.experiment_id FROM timevmaps.frames f WHERE NOT EXISTS (SELECT FROM timevmaps.experiments e WHERE e.id = f.experiment_id)} ],
	[ 'a route of no finished experiment, or two of one' => q{
		SELECT p.id, count(r.experiment_id) FROM timevmaps.route_plans p LEFT JOIN timevmaps.results r ON (r.metrics ->> 'route_id')::bigint = p.id
		GROUP BY p.id HAVING count(r.experiment_id) <> 1} ],
	[ 'a finished experiment without its route' => q{
		SELECT e.id FROM timevmaps.experiments e JOIN timevmaps.results r ON r.experiment_id = e.id
		WHERE e.kind = 'route' AND NOT EXISTS (SELECT FROM timevmaps.route_plans p WHERE p.id = (r.metrics ->> 'route_id')::bigint)} ],
	# Whoever writes a gateway's fidelity holds its row until he has finished.
	[ 'a gateway whose fidelity is not that of the last result' => q{
		SELECT g.id, g.fidelity, l.id, l.fidelity FROM timevmaps.gateways g
		LEFT JOIN LATERAL (SELECT e.id, (r.metrics ->> 'fidelity')::float8 AS fidelity, e.started_at, e.finished_at
			FROM timevmaps.experiments e JOIN timevmaps.results r ON r.experiment_id = e.id
			WHERE e.gateway_id = g.id ORDER BY e.finished_at DESC LIMIT 1) l ON true
		WHERE g.note = 'measured' AND (g.fidelity IS DISTINCT FROM coalesce(l.fidelity, 1) OR (g.measured_at BETWEEN l.started_at AND l.finished_at) IS DISTINCT FROM (CASE WHEN l.id IS NOT NULL THEN true END))} ],
	[ 'a failure that says nothing' => q{SELECT id FROM timevmaps.experiments WHERE status = 'failed' AND error ->> 'sqlstate' IS NULL} ],
	[ 'a failure of the server\'s that is told as one of the experiment' => q{
		SELECT id, error FROM timevmaps.experiments WHERE status = 'failed' AND error ->> 'sqlstate' NOT IN ('PT404', '57P01')} ],
	[ 'a failure where the way exists' => q{
		SELECT id, error FROM timevmaps.experiments WHERE status = 'failed' AND error ->> 'sqlstate' = 'PT404' AND NOT params ? 'x-missing'} ],
	[ 'lost once or twice, and failed' => q{
		SELECT e.id, e.lost, e.error FROM timevmaps.experiments e WHERE e.status = 'failed' AND e.error ->> 'sqlstate' = '57P01'
		AND (SELECT count(*) FROM timevmaps.experiment_attempts a WHERE a.experiment_id = e.id AND a.outcome = 'lost') < 3} ],
	[ 'what is queued is not in the tables of the queue, or otherwise' => q{
		SELECT coalesce(e.id, q.experiment_id), e, q FROM (SELECT * FROM timevmaps.experiments WHERE status = 'queued') e
		FULL JOIN (SELECT experiment_id, world_id, rank, kind, submitted_by, NULL::timestamptz AS run_at FROM timevmaps.queue_ready
			UNION ALL SELECT experiment_id, world_id, rank, kind, submitted_by, run_at FROM timevmaps.queue_delayed) q ON q.experiment_id = e.id
		WHERE e.id IS NULL OR q.experiment_id IS NULL OR (q.world_id, q.rank, q.kind, q.submitted_by) IS DISTINCT FROM (e.world_id, -e.priority, e.kind, e.submitted_by)
			OR q.run_at < e.run_at} ],
	[ 'twice in the tables of the queue' => q{
		SELECT experiment_id FROM (SELECT experiment_id FROM timevmaps.queue_ready UNION ALL SELECT experiment_id FROM timevmaps.queue_delayed
			UNION ALL SELECT experiment_id FROM timevmaps.queue_running) q GROUP BY experiment_id HAVING count(*) > 1} ],
	[ 'what is running is not in the table of what is, or otherwise' => q{
		SELECT coalesce(e.id, q.experiment_id), e, q FROM (SELECT * FROM timevmaps.experiments WHERE status = 'running') e
		FULL JOIN timevmaps.queue_running q ON q.experiment_id = e.id
		WHERE e.id IS NULL OR q.experiment_id IS NULL OR (q.world_id, q.claim, q.kind, q.submitted_by) IS DISTINCT FROM (e.world_id, e.claim, e.kind, e.submitted_by)} ],
	[ 'an attempt that is told of twice, or an experiment that ended twice' => q{
		SELECT subject, attempt, type, count(*) FROM timevmaps.events WHERE type IN ('tv_sim_finished', 'tv_error', 'tv_route_computed') AND data ->> 'status' IS DISTINCT FROM 'cancelled'
		GROUP BY subject, attempt, type HAVING count(*) > 1} ],
	[ 'an experiment whose log does not say how it ended' => q{
		SELECT e.timeline_id, e.id, e.status, e.claim FROM timevmaps.experiments e WHERE e.status IN ('finished', 'failed', 'cancelled')
		EXCEPT SELECT v.timeline_id, v.subject, v.data ->> 'status', v.attempt FROM timevmaps.events v WHERE v.type = 'tv_sim_finished'} ],
	[ 'an experiment whose log does not say that it was submitted, or twice' => q{
		SELECT e.timeline_id, e.id, 1::bigint FROM timevmaps.experiments e
		EXCEPT SELECT v.timeline_id, v.subject, count(*) FROM timevmaps.events v WHERE v.type = 'tv_experiment_submitted' GROUP BY v.timeline_id, v.subject} ],
	[ 'a log that says of one that is not finished that it is' => q{
		SELECT v.subject, v.attempt FROM timevmaps.events v WHERE v.type = 'tv_sim_finished' AND v.data ->> 'status' = 'finished'
		AND NOT EXISTS (SELECT FROM timevmaps.experiments e WHERE e.id = v.subject AND e.status = 'finished' AND e.claim = v.attempt)} ],
	[ 'a history of an attempt that finished' => q{
		SELECT a.experiment_id, a.claim FROM timevmaps.experiment_attempts a JOIN timevmaps.experiments e ON e.id = a.experiment_id
		WHERE a.claim > e.claim OR (a.claim = e.claim AND e.status = 'finished')} ],
	[ 'an attempt without its history' => q{
		SELECT e.id, n FROM timevmaps.experiments e, generate_series(1, e.claim) n
		WHERE NOT (n = e.claim AND e.status IN ('finished', 'running')) AND NOT EXISTS (SELECT FROM timevmaps.experiment_attempts a WHERE a.experiment_id = e.id AND a.claim = n)} ],
	[ 'an audit that does not hold' => q{SELECT * FROM timevmaps.tv_verify_audit()} ],
);
my @at_rest = (
	[ 'what waits or runs' => q{SELECT id, status, run_at FROM timevmaps.experiments WHERE status IN ('queued', 'running')} ],
	[ 'rows of the queue' => q{SELECT 'ready', experiment_id FROM timevmaps.queue_ready UNION ALL SELECT 'delayed', experiment_id FROM timevmaps.queue_delayed
		UNION ALL SELECT 'running', experiment_id FROM timevmaps.queue_running} ],
	[ 'a worker that runs something' => q{SELECT * FROM timevmaps.tv_worker_status() WHERE experiment_id IS NOT NULL} ],
	[ 'a lock on an experiment' => q{SELECT pid, objid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 3} ],
	[ 'a transaction that is only prepared' => q{SELECT gid FROM pg_prepared_xacts} ],
);

# What is wrong, a line each; at rest nothing waits and nothing runs.
sub complaints
{
	my ($cluster, $database, $rest) = @_;
	my @wrong;
	for my $rule (@always, $rest ? @at_rest : ())
	{
		my ($what, $sql) = @$rule;
		my ($status, $out, $err) = $cluster->psql($database, "SELECT q::text FROM ($sql) q LIMIT 5");
		push @wrong, $status ? "$what: $err" : map { "$what: $_" } split /\n/, $out;
	}
	return @wrong;
}

# Wait until nothing waits and nothing runs.
sub drained
{
	my ($cluster, $database, $seconds) = @_;
	return $cluster->poll($database, q{SELECT count(*) = 0 FROM timevmaps.experiments WHERE status IN ('queued', 'running')}, $seconds);
}

# Of the server's processes those of a type, by the type that pg_stat_activity gives.
sub processes
{
	my ($cluster, $condition) = @_;
	my ($status, $out) = $cluster->psql('postgres', "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND ($condition)");
	return $status ? () : split /\n/, $out;
}

# End one of them as the kernel would that lacks memory; never another's that has got its number since.
sub kill_process
{
	my ($cluster, $pid) = @_;
	open my $pid_file, '<', $cluster->dir . '/data/postmaster.pid' or return 0;
	chomp(my $postmaster = <$pid_file>);
	open my $stat, '<', "/proc/$pid/stat" or return 0;
	my ($parent) = <$stat> =~ /^.*\) \S (\d+) /;
	return $parent == $postmaster && kill 9, $pid;
}

# A standby that follows by streaming replication; acknowledged is what both have.
sub standby
{
	my ($primary, @conf) = @_;
	my $standby = TvCluster->new;
	$standby->stop;
	my $data = $standby->dir . '/data';
	$standby->tool('run', 'sh', '-c', "rm -rf '$data'/* && chmod 700 '$data'");
	$standby->tool('run', 'pg_basebackup', '-h', $primary->socket_dir, '-D', $data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync');
	open my $conf, '>>', "$data/postgresql.conf" or die;
	print $conf "$_\n" for "unix_socket_directories = '" . $standby->socket_dir . "'", "synchronous_standby_names = ''", @conf;
	close $conf;
	$standby->start;
	$primary->query('postgres', "ALTER SYSTEM SET synchronous_standby_names = '*'");
	$primary->reload;
	$primary->poll('postgres', "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'") or die 'the standby does not follow';
	return $standby;
}

# ---------------------------------------------------------------- the mix

# Three worlds with two timelines, four places in a square, and two gateways each, of which nobody else writes the fidelity.
sub setup
{
	my ($cluster, $database) = @_;
	$cluster->query($database, q{
		CREATE ROLE ana LOGIN IN ROLE tv_analyst;
		SELECT timevmaps.tv_set_quota('ana', q, a) FROM (VALUES ('experiments_queued', 10000000), ('frames_per_hour', 100000000)) v (q, a);
		INSERT INTO timevmaps.worlds (name, owner) SELECT 'w' || w, 'ana' FROM generate_series(1, 3) w;
		INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) OVERRIDING SYSTEM VALUE
			SELECT 10 * w + t, w, 't' || t, CASE t WHEN 2 THEN 10 * w + 1 END FROM generate_series(1, 3) w, generate_series(1, 2) t ORDER BY 1;
		INSERT INTO timevmaps.places (id, world_id, lat, lon) OVERRIDING SYSTEM VALUE
			SELECT 10 * w + p, w, 57.7 + p % 2 * 0.01, 11.9 + p / 2 * 0.01 FROM generate_series(1, 3) w, generate_series(0, 3) p;
		INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
			SELECT w, 10 * w + a, 10 * w + b, 1500, 50 FROM generate_series(1, 3) w, (VALUES (0, 1), (1, 3), (3, 2), (2, 0)) s (a, b);
		INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, note) OVERRIDING SYSTEM VALUE
			SELECT 10 * w + g, 10 * w + 1, 10 * w + g, 10 * w + 2, 10 * w + g, 10, 100, 'measured' FROM generate_series(1, 3) w, generate_series(1, 2) g;
	});
	return;
}

my $bell = '{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]}';
my $noise = '"noise": [{"channel": "depolarizing", "p": 0.1}]';

# Ten qubits turned; a thousand trajectories of them take some milliseconds.
sub turned
{
	my ($trajectories) = @_;
	my $gates = join ', ', map { qq({"op": "RX", "target": $_, "theta": 0.3}) } 0 .. 9;
	return qq({"circuit": {"qubits": 10, "gates": [$gates]}, "frames": {"every": 1}, "x-frames": 10, "options": {"method": "statevector", "trajectories": $trajectories, $noise}});
}

sub one_of { return $_[int rand @_] }

# A statement, and what is known of it beforehand: (kind, SQL, id).  What was just submitted is cancelled.
sub deed
{
	my ($options, $just, @ids) = @_;
	my $w = 1 + int rand 3;
	my $t = 10 * $w + 1 + int rand 2;
	my $columns = 'world_id, timeline_id, kind, params';
	my $into = "INSERT INTO timevmaps.experiments ($columns";
	my $dice = $just ? 87 + rand 9 : rand 100;
	my $bulk = $options->{bulk} // 0;
	my $insert = sub {
		my ($kind, $params, $count, $more, $values) = @_;
		return ('insert', "$into" . ($more ? ", $more" : '') . ") SELECT $w, $t, '$kind', $params" . (defined $values ? ", $values" : '') . ' FROM generate_series(1, ' . ($count // 1) . ') i RETURNING id');
	};
	return $insert->('sr', q('{"v_mps": 3e7, "t": 5}'), $bulk) if $bulk && $dice < 1;
	return $insert->(one_of('sr', 'relativity'), q('{"v_mps": 1e8, "t": 5}'), 1 + int rand 50) if $dice < 30;
	return $insert->('gr', q('{"gm": 3.986e14, "r": 7e6}'), 1 + int rand 5, 'priority', -int rand 5) if $dice < 36;
	return $insert->('sr', q('{"v_mps": 2e8}'), 3, 'run_at', sprintf q(now() + interval '%.1f s'), rand 8) if $dice < 42;
	return $insert->('quantum', q('{"circuit": ) . $bell . q(, "frames": {"every": 1}, "x-frames": 2}')) if $dice < 48;
	return $insert->('quantum', q('{"circuit": ) . $bell . q(, "frames": false, "options": {"trajectories": ) . (20 + int rand 100) . ", $noise}}'",
		1 + int rand 3, 'gateway_id', 10 * $w + 1 + int rand 2) if $dice < 60;
	return $insert->('quantum', "'" . turned($options->{long} // 5000 + int rand 60000) . "'", 1, 'max_attempts', 1 + int rand 5) if $dice < 68;
	return $insert->('route', qq('{"origin_place_id": ${w}0, "dest_place_id": ${w}3}'), 2) if $dice < 72;
	return $insert->('route', qq('{"origin_place_id": ${w}0, "dest_place_id": 99, "x-missing": true}')) if $dice < 75;
	return $insert->('sweep', q('{"circuit": {"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}, "grid": {"a": [0, 1, 2]}, "options": {"observables": ["Z"]}}')) if $dice < 80;
	my $sr = "INSERT INTO timevmaps.experiments ($columns) VALUES ($w, $t, 'sr', '{\"v_mps\": 1}')";
	return ('insert', "BEGIN; $sr; SAVEPOINT s; $sr; ROLLBACK TO s; SAVEPOINT r; $sr RETURNING id; COMMIT") if $dice < 84;
	my $gid = "mix-$$-" . int rand 1e9;
	return ('insert', "BEGIN; $sr RETURNING id; PREPARE TRANSACTION '$gid'; COMMIT PREPARED '$gid'") if $dice < 87 && $options->{prepare};
	return ('none', 'SELECT 1') unless @ids;
	# Mostly what is not over.
	my $id = $just || $ids[ rand() < 0.8 ? -1 - int rand(@ids < 5 ? @ids : 5) : int rand @ids ];
	my $cancel = "SELECT id FROM timevmaps.tv_cancel_experiment($id)";
	return ('none', "BEGIN; $cancel; ROLLBACK") if $dice < 89;
	return ('cancel', "BEGIN; $cancel; PREPARE TRANSACTION '$gid'; COMMIT PREPARED '$gid'", $id) if $dice < 92 && $options->{prepare};
	return ('cancel', $cancel, $id) if $dice < 96;
	return ('retry', "SELECT id FROM timevmaps.tv_retry_experiment($id)", $id);
}

sub psql
{
	my ($self, $where, @statements) = @_;
	return TvCluster::capture('env', "PGHOST=$where", 'PGUSER=postgres', 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose',
		'-d', $self->{database}, map { ('-c', $_) } @statements);
}

sub is_behind
{
	my ($self, $where) = @_;
	my ($status, $out) = $self->psql($where, "SELECT count(*) > $self->{options}{most} FROM timevmaps.queue_ready");
	return $status || $out =~ /^t/;
}

# A client: it notes what it was told, and goes on whatever happens to the server.
sub client
{
	my ($self, $number) = @_;
	srand($self->{options}{seed} * 1000 + $number);
	open my $notes, '>>', "$self->{notes}.$number" or die;
	$notes->autoflush(1);
	my ($just, @ids);
	while (getppid() == $self->{owner})
	{
		my ($what, $sql, $id) = deed($self->{options}, $just, @ids);
		$just = undef;
		my $where = readlink $self->{target};
		# Who submits more than is run waits.
		if ($what eq 'insert' && $self->{options}{most} && $self->is_behind($where)) { sleep 0.5; next }
		print $notes "begun $what $id\n" if $id;
		my ($status, $out, $err) = $self->psql($where, 'SET SESSION AUTHORIZATION ana', split /; /, $sql);
		my ($sqlstate) = $err =~ /(?:ERROR|FATAL):\s+([0-9A-Z]{5}):/;
		my @told = $out =~ /^(\d+)$/mg;
		if (!$status && $what eq 'insert') { print $notes "inserted $_\n" for @told; push @ids, @told; splice @ids, 0, @ids - 200 if @ids > 200; $just = $told[-1] if rand() < 0.2 }
		elsif (!$status && $id) { print $notes "done $what $id\n" }
		# What is over cannot be cancelled, nor what is not tried again; a server that goes down, is down, or comes up says so.
		elsif ($status && defined $sqlstate && $sqlstate !~ /^(PT409|57P0[123]|25006|08...)$/) { print $notes "error $sqlstate $sql: " . ($err =~ s/\n.*//sr) . "\n" }
		sleep($status ? 0.1 : rand($self->{options}{pause} // 0.1));
	}
	return;
}

sub new
{
	my ($class, $cluster, $database, %options) = @_;
	my $dir = $cluster->dir;
	my $self = bless { database => $database, options => { prepare => 1, %options }, notes => "$dir/notes", target => "$dir/target", owner => $$ }, $class;
	symlink $cluster->socket_dir, $self->{target} or die;
	$self->start;
	return $self;
}

sub start
{
	my ($self) = @_;
	$self->start_one($_) for 1 .. $self->{options}{clients} // 3;
	return;
}

sub start_one
{
	my ($self, $number) = @_;
	my $pid = fork() // die "fork: $!";
	if (!$pid)
	{
		# With what it has started, so that it can be killed in the middle of a statement.
		setpgrp;
		$SIG{TERM} = 'DEFAULT';
		eval { $self->client($number); 1 } or print STDERR $@;
		POSIX::_exit(0);
	}
	setpgrp $pid, $pid;
	push @{ $self->{pids} }, $pid;
	return;
}

# One is killed, and another comes.
sub replace_one
{
	my ($self) = @_;
	my $pid = shift @{ $self->{pids} };
	kill 'KILL', -$pid;
	waitpid $pid, 0;
	$self->start_one(100 + ++$self->{replaced});
	return;
}

sub move_to
{
	my ($self, $cluster) = @_;
	my $new = "$self->{target}.new";
	symlink $cluster->socket_dir, $new and rename $new, $self->{target} or die;
	return;
}

# In the middle of what they do.
sub stop
{
	my ($self) = @_;
	kill 'TERM', -$_ for @{ $self->{pids} // [] };
	waitpid $_, 0 for @{ $self->{pids} // [] };
	$self->{pids} = [];
	return;
}

# A transaction that was prepared when its client or the server went is committed by somebody else.
sub commit_prepared
{
	my ($cluster, $database) = @_;
	$cluster->query($database, "COMMIT PREPARED '$_'") for split /\n/, $cluster->query($database, 'SELECT gid FROM pg_prepared_xacts');
	return;
}

# What clients were told and is not so: what was committed is there, and what was cancelled, and not tried again by anybody, is cancelled.
sub broken_promises
{
	my ($self, $cluster) = @_;
	my (@inserted, %cancelled, %retried, @wrong);
	for my $file (glob "$self->{notes}.*")
	{
		open my $in, '<', $file or die;
		while (<$in>)
		{
			push @inserted, $1 if /^inserted (\d+)$/;
			$cancelled{$1} = 1 if /^done cancel (\d+)$/;
			$retried{$1} = 1 if /^begun retry (\d+)$/;
			push @wrong, $_ if /^error/;
		}
	}
	$self->{inserted} = @inserted;
	my $lists = sub { return '{' . join(',', @_) . '}' };
	my $query = sub {
		my ($what, $sql) = @_;
		my $file = TvCluster::temporary();
		print $file $sql;
		$file->flush;
		my ($status, $out, $err) = $cluster->client('psql', '-X', '-q', '-A', '-t', '-d', $self->{database}, '-f', $file->filename);
		push @wrong, map { "$what: $_" } split /\n/, $status ? $err : $out;
	};
	$query->('committed, and not there', "SELECT i FROM unnest('" . $lists->(@inserted) . "'::bigint[]) i WHERE NOT EXISTS (SELECT FROM timevmaps.experiments e WHERE e.id = i)");
	$query->('cancelled, and not so', "SELECT id, status, claim FROM timevmaps.experiments WHERE status <> 'cancelled' AND id = ANY ('" . $lists->(grep { !$retried{$_} } keys %cancelled) . "')");
	return @wrong;
}

sub inserted { return $_[0]{inserted} }

sub DESTROY
{
	my ($self) = @_;
	return if $self->{owner} != $$;
	local $?;
	$self->stop;
	return;
}

1;
