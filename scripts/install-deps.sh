#!/usr/bin/env bash
# Install what building, the demo (or bench) and the tests need, if it is missing.
#
#   scripts/install-deps.sh demo|test          silent, and changes nothing, when all is there
#   scripts/install-deps.sh which demo|test    print the pg_config of a PostgreSQL that has it all
#
# Knows Debian and its relatives; elsewhere it names what is missing.  The version is that
# of PG_CONFIG; without one, of what is installed already, else the newest that is offered.
#
# Installing PostgreSQL's packages would make and start a server of their own on port 5432.
# Two guards prevent it while apt runs: a setting of Debian's that makes no cluster, and a
# policy-rc.d by which no service is started, stopped or restarted.  They are set, and
# removed, by a process in a session of its own, which signals to this one's group do not
# reach and which outlasts apt.  Only kill -9 of that one can leave them; the next run then
# waits for its apt and removes them.  A policy-rc.d of somebody else's stays as it is.
set -euo pipefail

unset CDPATH
self=$(cd "$(dirname "$0")" && pwd)/${0##*/}
# shellcheck source=scripts/needs.sh
. "${self%/*}/needs.sh"
umask 022
export LC_ALL=C.UTF-8
unset LANGUAGE

# The one who reads may have gone; what was begun is ended all the same.
say() { echo "deps: $*" 2>/dev/null || true; }
fail() { echo "deps: $*" >&2 || true; exit 1; }

# Bash alone would go on after an INT that its child took for itself.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

mode=install
if [ "${1:-}" = which ] || [ "${1:-}" = guarded ]; then mode=$1; shift; fi
purpose=${1:-}
case $purpose in demo | test) ;; *) fail "usage: install-deps.sh [which] demo|test" ;; esac

#------------------------------------------------------------- what is missing

# --no-remove: nothing that is there has to go.
apt_options=(-y -qq --fix-broken --no-remove --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold)
apt_offers() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }
apt_can_install() {
    local package
    for package in "${missing[@]}"; do apt_offers "$package" || return 1; done
    apt-get install --simulate "${apt_options[@]}" "${missing[@]}" >/dev/null 2>&1
}

# Versions that could be used, one a line, each with its pg_config; the best first.
candidates() {
    local default given=${PG_CONFIG:-} version debian
    if [ -n "$given" ]; then
        version=$(major_of "$given")
        # One that is yet to be installed has its version in its path.
        if [ -z "$version" ] && [[ $given =~ ^"$needs_root"/usr/lib/postgresql/([0-9]+)/bin/pg_config$ ]]; then version=${BASH_REMATCH[1]}; fi
        [ -n "$version" ] || fail "PG_CONFIG=$given: is no pg_config"
        supported "$version" || fail "PostgreSQL 15, 16 or 17 is needed, and $given is of $version; PG_CONFIG names another"
        echo "$version $given"
        return
    fi
    default=$(major_of pg_config)
    {
        if [ -n "$default" ] && [ -x "$(debian_bin "$default")/postgres" ]; then echo "$default"; fi
        for version in $versions; do
            if [ -x "$(debian_bin "$version")/postgres" ]; then echo "$version"; fi
        done
        if [ -n "$default" ]; then echo "$default"; fi
        printf '%s\n' $versions
    } | awk '!seen[$1]++' | while read -r version; do
        if ! supported "$version"; then continue; fi
        if [ "$version" = "$default" ]; then echo "$version pg_config"; else echo "$version $(debian_bin "$version")/pg_config"; fi
        # A pg_config that comes first in PATH and is not Debian's keeps no package from being used.
        if [ "$version" = "$default" ]; then
            debian=$(debian_bin "$version")
            [ "$(pg_config --bindir)" = "$debian" ] || echo "$version $debian/pg_config"
        fi
    done
}

# Sets version, config, missing and reasons: of the first candidate that lacks nothing, else of
# the first for which apt can install all, else (and then it fails) of the first.
choose() {
    local list line
    list=$(candidates) || exit 1
    while read -r version config; do
        find_missing "$purpose" "$version" "$config"
        [ ${#reasons[@]} -gt 0 ] || return 0
    done <<<"$list"
    if have apt-cache; then
        while read -r version config; do
            find_missing "$purpose" "$version" "$config"
            if [ -z "$unpackaged" ] && apt_can_install; then return 0; fi
        done <<<"$list"
    fi
    read -r version config <<<"${list%%$'\n'*}"
    find_missing "$purpose" "$version" "$config"
    return 1
}

#------------------------------------------------------------------ the guards

etc=$needs_root/etc/postgresql-common
marker=$etc/createcluster.d/zz-timevmaps-no-cluster.conf
policy=$needs_root/usr/sbin/policy-rc.d
lock=$needs_root/run/timevmaps-install-deps.lock
signature='# Made by install-deps.sh of timevmaps while it installs packages, in session'

policy_is_ours() { [ ! -L "$policy" ] && grep -qsF "$signature" "$policy"; }
left_over() { [ -e "$marker" ] || [ -e "$policy.timevmaps" ] || policy_is_ours; }

# Does apt or dpkg run in session $1?  What its scripts start in the background does not count,
# nor does another's session that has come to have the same number.
session_installs() {
    local file line name
    for file in /proc/[0-9]*/stat; do
        { read -r line <"$file"; } 2>/dev/null || continue
        name=${line#*\(} name=${name%\)*}
        # After the name, which may hold anything: state, parent, group, session.
        read -ra line <<<"${line##*) }"
        case ${line[3]:-}:${line[0]}:$name in "$1":Z:*) ;; "$1":?:apt* | "$1":?:dpkg*) return 0 ;; esac
    done
    return 1
}
wait_for_session() { while session_installs "$1"; do sleep 0.1; done; }

set_guards() {
    mkdir -p "$etc/createcluster.d" "${policy%/*}"
    echo 'create_main_cluster = false' >"$marker"
    # A configuration that somebody changed may not read that folder.
    if [[ " ${missing[*]} " == *" postgresql-$version "* ]] && [ -e "$etc/createcluster.conf" ] && have pg_conftool &&
        [ "$(pg_conftool "$etc/createcluster.conf" show -bs create_main_cluster 2>/dev/null)" != off ]
    then
        fail "$etc/createcluster.conf does not read createcluster.d: a cluster would be made; write create_main_cluster = false into it"
    fi
    # In one step, and never over somebody else's, be it a link that leads nowhere.
    printf '#!/bin/sh\n%s %s.\nexit 101\n' "$signature" "$$" >"$policy.timevmaps"
    chmod 755 "$policy.timevmaps"
    ln -T "$policy.timevmaps" "$policy" 2>/dev/null || true
    rm -f "$policy.timevmaps"
}

remove_guards() {
    if policy_is_ours; then rm -f "$policy"; fi
    rm -f "$marker" "$policy.timevmaps"
    # Folders that were made for them, if no package has come to use them.
    rmdir "$etc/createcluster.d" "$etc" 2>/dev/null || true
}

# What a run left that was killed: its apt may be running yet.
clear_left_over() {
    local session
    left_over || return 0
    say "removing what an installation left that was killed"
    session=$(sed -n "s/^$signature \([0-9]*\).*/\1/p" "$policy" "$policy.timevmaps" 2>/dev/null | head -n 1) || true
    if [ -n "$session" ]; then wait_for_session "$session"; fi
    remove_guards
}

#------------------------------------------- installing it, as root in a session

stopped=
running=
log=

# apt-get may be told to stop while it fetches; what dpkg has begun is ended.
stop() {
    [ -n "$stopped" ] || say "stopping; apt-get ends what it has begun"
    stopped=$1
    [ -z "$running" ] || kill -INT "$running" 2>/dev/null || true
}

# Run apt-get (or dpkg) to its end, whatever signals come.
run_to_end() {
    local status=0
    [ -z "$stopped" ] || exit "$stopped"
    # Bash starts what runs beside it with INT ignored.
    env --default-signal=INT DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 "$@" >"$log" 2>&1 </dev/null 9>&- &
    running=$!
    [ -z "$stopped" ] || kill -INT "$running" 2>/dev/null || true
    while kill -0 "$running" 2>/dev/null; do wait "$running" || true; done
    wait "$running" || status=$?
    running=
    wait_for_session "$$"
    [ -z "$stopped" ] || exit "$stopped"
    return "$status"
}

apt_install() { run_to_end apt-get install "${apt_options[@]}" -o DPkg::Lock::Timeout=600 "${missing[@]}"; }

# Packages that another installation has left half-way are ended first, with guards as well.
repair() {
    have dpkg || return 0
    run_to_end dpkg --audit || true
    [ -s "$log" ] || return 0
    say "ending what another installation of packages has begun"
    set_guards
    run_to_end dpkg --configure -a --force-confold || true
    run_to_end apt-get install "${apt_options[@]}" -o DPkg::Lock::Timeout=600 || true
}

update() {
    updated=1
    say "apt-get update"
    run_to_end apt-get update -qq -o DPkg::Lock::Timeout=600 || say "apt-get update: $(tail -n 1 "$log")"
}

end_guarded() {
    trap '' HUP INT TERM
    [ -z "$log" ] || rm -f "$log"
    wait_for_session "$$"
    remove_guards
}

# In the session of its own.
install_guarded() {
    local updated='' tries
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin      # su leaves a user's, and dpkg needs these
    trap '' PIPE
    trap 'stop 129' HUP
    trap 'stop 130' INT
    trap 'stop 143' TERM
    mkdir -p "${lock%/*}"
    # Who can open a lock, be it only to read, can hold it.
    (umask 077 && : >>"$lock")
    exec 9>"$lock"
    if ! flock -n 9; then
        say "waiting for another installation to end"
        flock -w 1800 9 || fail "another installation is running"
    fi
    clear_left_over
    log=$(mktemp) || fail "nothing can be written into ${TMPDIR:-/tmp}"
    trap end_guarded EXIT

    # Lists of packages may be absent.
    choose || { update; choose || { repair; choose || cannot; }; }
    [ ${#reasons[@]} -gt 0 ] || exit 0
    say "installing ${missing[*]}"
    set_guards
    # They may be old, and dpkg may have been interrupted before.
    for tries in 1 2 3; do
        if apt_install; then break; fi
        if [ "$tries" -lt 3 ] && grep -q 'dpkg --configure -a' "$log"; then
            say "dpkg --configure -a, since dpkg was interrupted"
            run_to_end dpkg --configure -a --force-confold || true
        elif [ "$tries" -lt 3 ] && [ -z "$updated" ]; then
            update
        else
            cat "$log" >&2 || true
            fail "apt-get failed"
        fi
    done
    find_missing "$purpose" "$version" "$config"
    [ ${#reasons[@]} = 0 ] || fail "apt-get has ended, and yet there is missing: $(list "${reasons[@]}")"
    say "done"
}

cannot() {
    local package unknown=()
    [ -z "$unpackaged" ] || fail "missing: $(list "${reasons[@]}"), and $config is of no package of Debian's; PG_CONFIG names another"
    for package in "${missing[@]}"; do apt_offers "$package" || unknown+=("$package"); done
    [ ${#unknown[@]} = 0 ] ||
        fail "missing: $(list "${reasons[@]}"), and apt does not offer ${unknown[*]}; see https://wiki.postgresql.org/wiki/Apt"
    # Only apt knows why; dpkg, if it was interrupted, may have to end first.
    apt-get install --simulate "${apt_options[@]}" "${missing[@]}" >&2 || true
    fail "missing: $(list "${reasons[@]}"), and apt cannot install ${missing[*]}"
}

#------------------------------------------------------- who asks, and who waits

# As it would be typed; plain words stay plain.
typed() { if [[ $1 =~ ^[A-Za-z0-9_./=-]+$ ]]; then echo "$1"; else echo "${1@Q}"; fi; }

command_for_root() {
    local line
    line="bash $(typed "$self") $purpose"
    [ -z "${PG_CONFIG:-}" ] || line="PG_CONFIG=$(typed "$PG_CONFIG") $line"
    [ -z "${NEED_CC:-}" ] || line="NEED_CC=$(typed "$NEED_CC") $line"
    echo "$line"
}

# The rest runs as root: with sudo from here on, or somebody else runs it.
become_root() {
    local sentence
    sentence="missing: $(list "${reasons[@]}")"
    have apt-get || fail "$sentence, and there is no apt-get to install it with"
    if ! have sudo; then
        fail "$sentence; root installs it, and makes no cluster, with: su -c $(typed "$(command_for_root)")"
    fi
    say "$sentence; asking sudo for the right to install it"
    sudo true || fail "sudo: refused; root installs it, and makes no cluster, with: su -c $(typed "$(command_for_root)")"
    exec sudo env PATH="$PATH:/usr/sbin:/sbin" PG_CONFIG="${PG_CONFIG:-}" NEED_CC="${NEED_CC:-}" NEEDS_ROOT="$needs_root" bash "$self" "$purpose"
}

# To the session, which the same signal may have ended already, before it was one of its own: set -e must not
# take that for a failure.
pass_on() { [ -z "$child" ] || kill "-$1" "$child" 2>/dev/null || true; }

# Start the session and wait for it to end, telling it to when this is told to.
wait_for_guarded() {
    local child='' status=0 ended=''
    trap 'ended=129; pass_on HUP' HUP
    trap 'ended=130; pass_on INT' INT
    trap 'ended=143; pass_on TERM' TERM
    env --default-signal=INT setsid bash "$self" guarded "$purpose" </dev/null &
    child=$!
    [ -z "$ended" ] || kill -TERM "$child" 2>/dev/null || true
    while kill -0 "$child" 2>/dev/null; do wait "$child" || true; done
    wait "$child" || status=$?
    exit "${ended:-$status}"
}

case $mode in
    guarded) install_guarded ;;
    which)
        choose || true
        echo "$config"
        ;;
    install)
        all_there=
        if choose && [ ${#reasons[@]} = 0 ]; then all_there=1; fi
        if [ -n "$all_there" ] && ! left_over; then exit 0; fi
        if [ "$(id -u)" = 0 ]; then
            have apt-get || fail "missing: $(list "${reasons[@]}"), and there is no apt-get to install it with"
            wait_for_guarded
        elif [ -z "$all_there" ]; then
            become_root
        else
            say "an installation was killed and has left $policy or $marker; root removes them with: su -c $(typed "$(command_for_root)")"
        fi
        ;;
esac
