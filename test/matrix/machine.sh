# Runs inside a machine of the matrix, as its root: prepare the state, run the demonstration,
# see what has become of the machine.  The last line is "ok" or what was wrong.
set -uo pipefail
export DEBIAN_FRONTEND=noninteractive
cd "/src/time maps" || exit

problems=()
problem() { problems+=("$*"); }
expect() { [ "$2" = "$3" ] || problem "$1: '$2' and not '$3'"; }

# Packages, as the state's own; nothing starts unless it says so.
packages() {
    [ -n "${updated:-}" ] || apt-get update -qq
    updated=1
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    apt-get install -y -qq --no-install-recommends "$@" || problem "the state's own packages: $*"
    rm /usr/sbin/policy-rc.d
}

# What must be as it was.
picture() {
    ls -ldn /usr/sbin/policy-rc.d* 2>&1 | sed 's/.*[0-9] \//\//'
    ls -A / /tmp
    find /etc/postgresql-common/createcluster.d /run/postgresql /etc/postgresql -type f -o -type s 2>/dev/null
    if command -v pg_lsclusters >/dev/null; then pg_lsclusters -h; fi
    md5sum /etc/postgresql/*/*/* 2>/dev/null
    pgrep -a -x postgres | grep -v 'postgres: '
    # A server that runs says since when.
    if [ -S /var/run/postgresql/.s.PGSQL.5432 ]; then
        su postgres -c 'psql -AXt -p 5432 -c "SELECT pg_postmaster_start_time(), (SELECT count(*) FROM pg_database)" -c "SELECT * FROM mine"'
    fi
}

# The demonstration, as $1 in the environment that is given as NAME=VALUE.
demo() {
    local user=$1
    shift
    if [ "$user" = root ]; then
        env "$@" bash -c "umask ${umask:-022}; make demo ${arguments:-}"
    else
        chown -R "$user" /src
        setpriv --reuid="$user" --regid="$user" --init-groups env HOME="/home/$user" USER="$user" "$@" bash -c "umask ${umask:-022}; make demo ${arguments:-}"
    fi
}

# It is whole: seven steps, a map, and nobody has complained.
check_demo() {
    expect "status of the demo" "$1" 0
    local word
    for word in '1. A route' '7. A map' 'Done in '; do
        grep -qF "$word" /src/printed || problem "the demo did not say: $word"
    done
    [ -s build/timevmaps-demo.svg ] || problem "there is no map"
}

run() { demo "$@" >/src/printed 2>&1; status=$?; cat /src/printed; }

# Most states differ only in what is prepared; others have a function act_* of their own.
act() { run root; check_demo "$status"; }

. /src/states.sh
state=$1
set -x
"state_$state"
set +x
picture >/src/before
if declare -F "act_$state" >/dev/null; then "act_$state"; else act; fi
picture >/src/after
diff /src/before /src/after || problem "the machine has changed"
[ -z "$(dpkg --audit)" ] || problem "dpkg --audit: $(dpkg --audit | head -n 3 | tr '\n' ' ')"
[ ${#problems[@]} -gt 0 ] || { echo ok; exit 0; }
printf '%s; ' "${problems[@]}" | tr '\n' ' '
echo
