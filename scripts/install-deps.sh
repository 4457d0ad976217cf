#!/usr/bin/env bash
# Install what building, the demo (or bench) and the tests need, if it is missing.
#
#   scripts/install-deps.sh demo|test
#
# Says nothing and changes nothing when all is there.  Knows Debian and its relatives;
# elsewhere it names what is missing.  Installing PostgreSQL's packages would make and
# start a server of their own on port 5432: for the time of the installation that is
# switched off, and no service is started, stopped or restarted.
set -euo pipefail

purpose=${1:?usage: install-deps.sh demo|test}
PG_CONFIG=${PG_CONFIG:-pg_config}
say() { echo "deps: $*"; }
fail() { echo "deps: $*" >&2; exit 1; }

#------------------------------------------------------------- what is missing
missing=()
want() { missing+=("$@"); }

version=
if pgxs=$("$PG_CONFIG" --pgxs 2>/dev/null) && [ -f "$pgxs" ]; then
    version=$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    case $version in
        15 | 16 | 17) ;;
        *) fail "PostgreSQL 15, 16 or 17 is needed; $PG_CONFIG is of $version (set PG_CONFIG to another)" ;;
    esac
fi

# The major version: pg_config's, else that of a server which is installed, else the newest offered.
apt_offers() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }
choose_version() {
    local candidate
    for candidate in 17 16 15; do
        if [ -x "/usr/lib/postgresql/$candidate/bin/postgres" ] && apt_offers "postgresql-server-dev-$candidate"; then
            version=$candidate
            return
        fi
    done
    for candidate in 17 16 15; do
        if apt_offers "postgresql-server-dev-$candidate"; then version=$candidate; return; fi
    done
}

have() { command -v "$1" >/dev/null; }
first_of() { local file; for file in "$@"; do [ -e "$file" ] && return 0; done; return 1; }

find_missing() {
    missing=()
    local share=/nowhere bin=/nowhere
    if [ -n "$pgxs" ] && [ -f "$pgxs" ]; then
        share=$("$PG_CONFIG" --sharedir) bin=$("$PG_CONFIG" --bindir)
    else
        want "postgresql-server-dev-$version"
    fi
    [ -x "$bin/postgres" ] || want "postgresql-$version"
    [ -f "$share/extension/postgis.control" ] || want "postgresql-$version-postgis-3" "postgresql-$version-postgis-3-scripts"
    have gcc || want gcc
    [ -e /usr/include/stdio.h ] || want libc6-dev
    first_of /usr/include/*/openblas-*/cblas.h /usr/include/cblas.h /usr/include/*/cblas.h || want libopenblas-serial-dev
    first_of /usr/lib/*/openblas-serial/libopenblas.so* || want libopenblas0-serial
    [ "$purpose" = test ] || return 0
    [ -f "$share/extension/pgtap.control" ] || want "postgresql-$version-pgtap"
    [ -f "$share/extension/pgrouting.control" ] || want "postgresql-$version-pgrouting" "postgresql-$version-pgrouting-scripts"
    first_of /usr/include/mpfr.h /usr/include/*/mpfr.h || want libmpfr-dev
    have prove && perl -MTest::More -MJSON::PP -e1 2>/dev/null || want perl
    have curl || want curl ca-certificates
    # npm brings PostgREST for the HTTP tests and a simulator to compare with; the openssl command signs their tokens.
    have npm || want nodejs npm
}

# Can the missing ones be left out?  Without npm the HTTP tests are skipped, and the comparison with a simulator.
pgxs=${pgxs:-}
[ -f "$pgxs" ] || pgxs=
[ -n "$version" ] || ! have apt-cache || choose_version
find_missing
[ ${#missing[@]} -gt 0 ] || exit 0

#--------------------------------------------------------------- installing it
have apt-get || fail "missing, and there is no apt-get to install it with: ${missing[*]}"

as_root=()
if [ "$(id -u)" != 0 ]; then
    have sudo || fail "missing: ${missing[*]}; run as root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
fi

marker=/etc/postgresql-common/createcluster.d/zz-timevmaps-no-cluster.conf
policy=/usr/sbin/policy-rc.d
made_policy=
restore() {
    "${as_root[@]}" rm -f "$marker"
    [ -z "$made_policy" ] || "${as_root[@]}" rm -f "$policy"
}
trap restore EXIT

update() {
    say "apt-get update"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
}

install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@"
}

# Package lists may be absent or old.
updated=
if [ -z "$version" ] || ! apt_offers "postgresql-$version-pgtap"; then
    update; updated=1
    [ -n "$version" ] || choose_version
    [ -n "$version" ] || fail "apt offers no PostgreSQL 15, 16 or 17; see https://wiki.postgresql.org/wiki/Apt"
    find_missing
fi

say "installing ${missing[*]}"
"${as_root[@]}" mkdir -p "$(dirname "$marker")"
echo 'create_main_cluster = false' | "${as_root[@]}" tee "$marker" >/dev/null
if [ ! -e "$policy" ]; then
    made_policy=1
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi
log=$(mktemp)
if ! install "${missing[@]}" >"$log" 2>&1; then
    [ -z "$updated" ] && update && install "${missing[@]}" >"$log" 2>&1 || { cat "$log" >&2; fail "apt-get failed"; }
fi
rm -f "$log"

pgxs=$("$PG_CONFIG" --pgxs 2>/dev/null) || true
say "done"
