# States of a machine on which the demonstration is tried.  state_NAME prepares one;
# act_NAME, where there is one, does something else than `make demo` as root.

state_bare() { :; }

# Debian's pg_config and pgxs.mk, and no headers of the server.
state_postgresql() { packages postgresql; }
state_postgis() { packages postgresql postgis 'postgresql-*-postgis-3'; }
state_libpq() { packages postgresql libpq-dev gcc libc6-dev; }

# The wrapper alone, which finds no pg_config; and that of libpq-dev, without a server.
state_common() { packages postgresql-common; }
state_libpq_alone() { packages libpq-dev; }

# A cblas.h that is another library's, and OpenBLAS without what one links with.
state_blas_half() { packages gcc libc6-dev libblas-dev libopenblas0-serial; }
state_blas_threads() { packages gcc libc6-dev libopenblas-dev; }

# Interrupted: unpacked, not configured, and dpkg says that it wants to be run first.
state_half_configured() {
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends --download-only postgresql libpq-dev
    dpkg --unpack /var/cache/apt/archives/postgresql-common_*.deb /var/cache/apt/archives/postgresql-1*.deb \
        /var/cache/apt/archives/postgresql-client-*.deb
    touch /var/lib/dpkg/updates/0000
}

# A server of somebody's on 5432, with something in it.
state_running() {
    packages postgresql
    local version
    version=$(ls /etc/postgresql)
    echo "listen_addresses = ''" >>"/etc/postgresql/$version/main/postgresql.conf"
    pg_ctlcluster "$version" main start
    su postgres -c "psql -q -c 'CREATE TABLE mine AS SELECT 42 AS answer'"
}

# clang, and no gcc.
state_clang() { packages clang libc6-dev; }
act_clang() { arguments=CC=clang; run root; check_demo "$status"; ! command -v gcc >/dev/null || echo "gcc has come with it"; }

# Two versions: a server of one without headers, client and headers of another without a server.
# two_versions: only trixie
state_two_versions() {
    echo "deb $MIRROR bookworm main" >/etc/apt/sources.list.d/older.list
    packages postgresql-15
    packages postgresql-server-dev-17
}
# The version that was asked for is the one that is used, or the answer is no.
# asked_for: only trixie
state_asked_for() { state_two_versions; }
act_asked_for() {
    run root PG_CONFIG=/usr/lib/postgresql/17/bin/pg_config
    check_demo "$status"
    grep -q 'installing.* postgresql-17' /src/printed || problem "the server of 17 is not installed"
    run root PG_CONFIG=/usr/lib/postgresql/14/bin/pg_config
    [ "$status" != 0 ] || problem "version 14 is taken"
}

# What an installation left that was killed, and a policy of somebody else's that leads nowhere.
state_foreign_policy() { ln -s /nowhere /usr/sbin/policy-rc.d; }
state_left_over() { :; }
act_left_over() {
    mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/zz-timevmaps-no-cluster.conf
    sed -n "s/^signature='\(.*\)'/#!\/bin\/sh\n\1 99999.\nexit 101/p" scripts/install-deps.sh >/usr/sbin/policy-rc.d
    act
}

# Stopped in the middle, everybody in the group: afterwards there is no guard, and the next run succeeds.
state_stopped() { :; }
act_stopped() {
    local signal moment group
    for signal in TERM HUP INT; do
        for moment in 4 9; do
            env --default-signal=INT setsid make demo >/src/printed 2>&1 &
            group=$!
            sleep "$moment"
            kill "-$signal" "-$group"
            while pgrep -f 'apt-get|dpkg|install-deps' >/dev/null; do sleep 0.2; done
            wait "$group" && problem "$signal after $moment s: exit 0"
            cat /src/printed
            [ ! -e /usr/sbin/policy-rc.d ] || problem "$signal after $moment s leaves a policy"
            [ ! -e /etc/postgresql-common/createcluster.d/zz-timevmaps-no-cluster.conf ] || problem "$signal after $moment s leaves a setting"
        done
    done
    act
}

# Ordinary users: root runs what they are told, or sudo does.
state_user() { useradd -m -s /bin/bash someone; mkdir -m 700 "/home/someone/my tmp"; chown someone: "/home/someone/my tmp"; }
act_user() {
    local hint
    run someone
    [ "$status" != 0 ] || problem "it says nothing of what is missing"
    hint=$(sed -n 's/.*root installs it, and makes no cluster, with: su -c //p' /src/printed)
    [[ ! "$hint " =~ -\  ]] || problem "the hint has a word that ends in '-': $hint"
    eval "su -c $hint" || problem "root cannot run the hint: $hint"
    umask=077
    run someone "TMPDIR=/home/someone/my tmp"
    check_demo "$status"
    expect "left in TMPDIR" "$(ls -A "/home/someone/my tmp")" ""
}
state_sudo() {
    packages sudo
    useradd -m -s /bin/bash someone
    echo 'someone ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/someone
}
act_sudo() { umask=027; run someone; check_demo "$status"; }

# Root's files are for root only; and a language whose alphabet has another i.
state_umask() { packages locales; localedef -i tr_TR -f UTF-8 tr_TR.UTF-8; }
act_umask() { umask=077; run root LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 LANGUAGE=tr; check_demo "$status"; }

# PostgreSQL 17: the queue of notifications, which can be short there, is full, and experiments are run.
# notify_full: only trixie
state_notify_full() { :; }
act_notify_full() {
    bash scripts/install-deps.sh test >/src/printed 2>&1 || problem "the tests' packages: $(tail -n 1 /src/printed)"
    make -s all >>/src/printed 2>&1 || problem "it is not built"
    test/run server test/t/queue-notify-full.pl >/src/tested 2>&1 || problem "the test fails"
    cat /src/printed /src/tested
    tail -n 1 /src/tested | grep -qE '^[1-9][0-9]* passed, 0 failed$' || problem "the test is not run: $(tail -n 1 /src/tested)"
}
