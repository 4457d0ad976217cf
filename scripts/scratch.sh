#!/usr/bin/env bash
# Temporary folders for private clusters: sourced by whatever makes one.
#
#   make_scratch NAME MB FILES INSIDE   sets $scratch to a new folder in TMPDIR (/tmp)
#   check_place FOLDER MB FILES SOCKET  whether a cluster can live below FOLDER
#   scripts/scratch.sh demo|test        whether TMPDIR is a place for it; makes nothing
#
# MB and FILES are what will be needed there; INSIDE is the longest path of a cluster
# below the new folder, SOCKET the path of its socket.  Who says no says why in one line,
# returns 1 and leaves nothing.  The owner of a cluster is whoever runs the script, and
# the user postgres if that is root; he must get to all that a caller makes, so the
# callers' umask is set here.  So is their language: what programs print is read, and
# [a-z] does not hold the letter i in every one.
umask 022
export LC_ALL=C.UTF-8
unset LANGUAGE CDPATH

socket_name=/sock/.s.PGSQL.5432
socket_limit=107        # bytes of sun_path without its last
scratch_speaker=${0##*/}

demo_scratch() { scratch_speaker=demo; make_scratch timevmaps-demo 200 4000 cluster; }
test_scratch() { scratch_speaker=test/run; make_scratch tv-test 1000 20000 cluster.XXXXXX; }

unfit() { echo "$scratch_speaker: $*" >&2; return 1; }

# Run a program as the owner of clusters, before there is one.
as_scratch_owner() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    elif id postgres >/dev/null 2>&1; then
        setpriv --reuid=postgres --regid=postgres --init-groups "$@"
    else
        # Before PostgreSQL is installed nobody stands in: the same folders are closed to both.
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    fi
}

# The first folder on the way to $1 that the owner of clusters cannot pass.
first_closed() {
    local rest=${1#/} path=
    while [ -n "$rest" ]; do
        path=$path/${rest%%/*}
        case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
        (cd / && as_scratch_owner test -x "$path") || { echo "$path"; return; }
    done
}

# At least $2 MB and $3 files, says df; some file systems count no files.
check_space() {
    local free counted
    free=$(df --output=avail -m -- "$1" 2>/dev/null | tail -n 1) || free=
    if [[ $free =~ ^\ *[0-9]+$ ]] && [ "$free" -lt "$2" ]; then
        unfit "$1: $2 MB are needed, ${free// } MB are free; set TMPDIR to another folder"
        return
    fi
    read -r counted free < <(df --output=itotal,iavail -- "$1" 2>/dev/null | tail -n 1) || free=
    if [[ $free =~ ^[0-9]+$ ]] && [ "$counted" != 0 ] && [ "$free" -lt "$3" ]; then
        unfit "$1: $3 inodes are needed, $free are free; set TMPDIR to another folder"
        return
    fi
}

check_place() {
    local folder=$1 mb=$2 files=$3 socket=$4 closed length
    # A list of sockets has commas, PATH has colons, and make reads the rest in its own way.
    if [[ $socket == *[,:\"\'\\\$\`[:cntrl:]]* ]]; then
        unfit "$folder: has one of , : \" ' \\ \$ \` in it, which paths of servers cannot; set TMPDIR to another folder"
        return
    fi
    length=$(printf %s "$socket" | wc -c)
    if [ "$length" -gt "$socket_limit" ]; then
        unfit "$folder: $((length - socket_limit)) bytes too long for the path of a server's socket; set TMPDIR to another folder"
        return
    fi
    closed=$(first_closed "$folder")
    if [ -n "$closed" ]; then
        unfit "$closed: closed to the user who is to run the server; set TMPDIR to another folder"
        return
    fi
    check_space "$folder" "$mb" "$files"
}

# The folder is his alone: where others can write, what he is about to write and run may be theirs.
give_to_scratch_owner() { [ "$(id -u)" != 0 ] || chown "$(id -u postgres 2>/dev/null || echo 65534)" "$1"; }

# Can the owner write a program below the new folder $1, and run it?
try_folder() {
    # shellcheck disable=SC2016
    if ! { mkdir -m 755 "$1/try" && give_to_scratch_owner "$1/try" &&
        (cd / && as_scratch_owner sh -c 'printf "#!/bin/sh\nexit 0\n" >"$1" && chmod 755 "$1"' sh "$1/try/program"); } 2>/dev/null
    then
        unfit "${1%/*}: nothing can be written below it; set TMPDIR to another folder"
    elif ! (cd / && as_scratch_owner "$1/try/program") 2>/dev/null; then
        unfit "${1%/*}: no program can be run from it; set TMPDIR to another folder"
    else
        rm -r "$1/try"
    fi
}

make_scratch() {
    local name=$1 mb=$2 files=$3 inside=$4 place=${TMPDIR:-/tmp}
    scratch=
    if [ ! -d "$place" ]; then unfit "TMPDIR=$place: there is no such folder"; return; fi
    place=$(cd -- "$place" && pwd) || return
    check_place "$place" "$mb" "$files" "${place%/}/$name.XXXXXX/$inside$socket_name" || return
    # Named before it is made: whoever is stopped in between knows what to remove.
    scratch=${place%/}/$name.$(printf '%06x' $((RANDOM << 9 ^ RANDOM)))
    if ! mkdir -m 755 "$scratch" 2>/dev/null; then
        scratch=
        unfit "$place: nothing can be made in it; set TMPDIR to another folder"
        return
    fi
    try_folder "$scratch" || { rm -rf "$scratch"; scratch=; return 1; }
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    scratch=
    trap 'trap "" HUP INT TERM; [ -z "$scratch" ] || rm -rf "$scratch"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    case ${1:-} in
        demo) demo_scratch ;;
        test) test_scratch ;;
        *) echo "usage: scratch.sh demo|test" >&2; exit 2 ;;
    esac
fi
