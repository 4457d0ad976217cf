#!/usr/bin/env bash
# A private PostgreSQL cluster with this checkout's extension in it.
#
#   scripts/cluster.sh create DIR [setting=value ...]   build, install, initdb, start
#   scripts/cluster.sh prepare DIR                      the same without the start: a template
#   scripts/cluster.sh clone FROM DIR [setting=value ...]   a copy of a stopped cluster, started
#   scripts/cluster.sh reinstall DIR                    build again into DIR's own tree
#   scripts/cluster.sh start DIR; stop DIR [fast|immediate]
#   scripts/cluster.sh psql DIR [psql arguments]        as the cluster's superuser
#   scripts/cluster.sh run DIR command [arguments]      with PATH, PGHOST and PGUSER set
#   scripts/cluster.sh client DIR command [arguments]   the same, as the caller and in place
#   scripts/cluster.sh settings DIR                     what client sets: words for env, a line each
#   scripts/cluster.sh destroy DIR                      stop and remove
#
# DIR holds everything: a copy of the server's programs with links to the rest of
# its installation (a PostgreSQL server finds its files relative to its program, so
# the extension is installed here and not into the system), the data, the socket
# and the log.  The server listens on no network address.  Run as root, everything
# of the server's runs as the user postgres.
set -euo pipefail

unset CDPATH
repo=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/scratch.sh
. "$repo/scripts/scratch.sh"

fail() { echo "cluster.sh: $*" >&2; exit 1; }

# By its full path: the copy in a cluster's tree would say that all is in that tree.
PG_CONFIG=$(command -v "${PG_CONFIG:-pg_config}") || fail "pg_config is missing"

# Run a command as the one who owns the cluster.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec runuser -u postgres -- env -u PGDATABASE -u PGPORT -u PGPASSWORD \
            PATH="$PATH" PGHOST="${PGHOST:-}" PGUSER="${PGUSER:-}" LC_ALL=C.UTF-8 "$@")
    else
        "$@"
    fi
}

# The server's programs, libraries and shared files, at the same places below $1.
make_tree() {
    local root=$1 bin lib share directory entry links
    bin=$("$PG_CONFIG" --bindir) lib=$("$PG_CONFIG" --pkglibdir) share=$("$PG_CONFIG" --sharedir)
    mkdir -p "$root$bin" "$root$lib" "$root$share/extension"
    cp "$bin"/* "$root$bin"/
    for directory in "$lib" "$share" "$share/extension"; do
        # One program for all links: a thousand would take seconds.
        links=()
        for entry in "$directory"/*; do
            case ${entry##*/} in
                extension|timevmaps|timevmaps.*|timevmaps--*) ;;
                *) links+=("$entry") ;;
            esac
        done
        ln -sf "${links[@]}" "$root$directory/"
    done
}

# One at a time builds in a checkout.
install_into() {
    (
        flock 9
        make -s -C "$repo" PG_CONFIG="$PG_CONFIG" all >&2
        make -s -C "$repo" PG_CONFIG="$PG_CONFIG" DESTDIR="$1" install >/dev/null
    ) 9<"$repo/Makefile"
}

# What the caller's environment says of another server, and asks of it, is not for this one.
elsewhere=(PGDATABASE PGPORT PGPASSWORD PGSERVICE PGHOSTADDR PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS
    PGCHANNELBINDING PGREQUIREAUTH PGREQUIREPEER PGSSLMODE PGREQUIRESSL PGSSLNEGOTIATION PGGSSENCMODE)

use() {
    dir=$(cd "$1" && pwd)
    [ -d "$dir/tree" ] || fail "$dir is not a private cluster"
    PATH="$dir/tree$("$PG_CONFIG" --bindir):$PATH"
    export PATH PGHOST="$dir/sock" PGUSER=postgres
    unset "${elsewhere[@]}" 2>/dev/null || true
}

start() { as_owner pg_ctl -D "$dir/data" -l "$dir/log" -w -s start || { tail -n 20 "$dir/log" >&2; fail "the server did not start"; }; }

# Is there room for a cluster in DIR, or where it is to be made?
check_room() {
    local place
    place=$(realpath -ms -- "$1")
    local socket=$place$socket_name
    while [ ! -e "$place" ]; do place=$(dirname -- "$place"); done
    check_place "$place" 100 3000 "$socket" || exit 1
    [ "$(id -u)" != 0 ] || id postgres >/dev/null 2>&1 || fail "run by root, the server runs as the user postgres, and there is none"
}

# Who can rename what is in DIR has the server run programs of his own.
require_own() { { [ ! -L "${1%/}" ] && [ -O "$1" ]; } || fail "$1 is a link, or somebody else's"; }

# The folder of a new cluster, with nothing in its tree and its data.
make_folder() {
    [ ! -e "$1" ] || require_own "$1"
    [ ! -e "$1" ] || [ -z "$(ls -A "$1")" ] || fail "$1 is not empty"
    # One that mktemp has made is closed to the server's user until here.
    [ ! -e "$1" ] || chmod 755 "$1"
    check_room "$1"
    mkdir -p "$1"
    require_own "$1"
    try_folder "$1" || { rm -rf "$1"; exit 1; }
    dir=$(cd "$1" && pwd)
    mkdir "$dir/data"
    # Whoever gets to the socket is the server's superuser, who runs programs as its user.
    mkdir -m 700 "$dir/sock"
    chmod 755 "$dir"
    if [ "$(id -u)" = 0 ]; then
        chown postgres: "$dir/data" "$dir/sock"
        # He adds to DIR, and takes no tree away from which root runs programs.
        chgrp "$(id -g postgres)" "$dir"
        chmod 1775 "$dir"
    fi
}

prepare() {
    make_tree "$dir/tree"
    install_into "$dir/tree"
    use "$dir"
    as_owner initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
}

# A later line of the file takes the place of an earlier one.
configure() {
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$dir/sock'"
        echo "fsync = off"
        echo "max_worker_processes = 32"
        printf '%s\n' "$@"
    } | as_owner tee -a "$dir/data/postgresql.conf" >/dev/null
}

command=${1:-}; [ $# -ge 2 ] || fail "usage: see the head of $0"
shift
case $command in
    create) make_folder "$1"; prepare; shift; configure "$@"; start ;;
    prepare) make_folder "$1"; prepare ;;
    clone)
        [ ! -e "$1/data/postmaster.pid" ] || fail "$1 is running"
        from=$(cd "$1" && pwd)
        make_folder "$2"
        # Files of the tree are only ever replaced, so links will do.
        cp -al "$from/tree" "$dir/"
        rmdir "$dir/data"
        cp -a --reflink=auto "$from/data" "$dir/"
        use "$2"; shift 2
        configure "$@"; start
        ;;
    reinstall) use "$1"; install_into "$dir/tree" ;;
    start) use "$1"; start ;;
    stop) use "$1"; as_owner pg_ctl -D "$dir/data" -m "${2:-fast}" -w -s stop ;;
    psql) use "$1"; shift; as_owner psql -X "$@" ;;
    run) use "$1"; shift; as_owner "$@" ;;
    client) use "$1"; shift; exec "$@" ;;
    settings)
        use "$1"
        printf -- '-u\n%s\n' "${elsewhere[@]}" LANGUAGE CDPATH
        printf '%s\n' "PATH=$PATH" "PGHOST=$PGHOST" "PGUSER=$PGUSER" "LC_ALL=$LC_ALL"
        ;;
    destroy)
        use "$1"
        as_owner pg_ctl -D "$dir/data" -m immediate -w -s stop 2>/dev/null || true
        rm -rf "$dir"
        ;;
    *) fail "unknown command: $command" ;;
esac
