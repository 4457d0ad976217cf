#!/usr/bin/env bash
# What building (build), the demonstration (demo) and the tests (test) need, each of it
# asked for itself: a package that is there may lack what another of its name has.
# Sourced by install-deps.sh; run by the Makefile before something is compiled:
#
#   scripts/needs.sh build       silent if all is there, else says what is not and exits 1
#
# PG_CONFIG is the pg_config to build with, NEED_CC the compiler if it is not that one's.
# NEEDS_ROOT is put before the paths of Debian's packages, for the tests.

needs_repo=$(unset CDPATH; cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
needs_root=${NEEDS_ROOT:-}
versions='17 16 15'     # those that the sources are for, the newest first

have() { command -v "$1" >/dev/null; }
first_of() { local file; for file in "$@"; do if [ -e "$file" ]; then return 0; fi; done; return 1; }

# Note what is missing ($1) and which packages have it; none, if no package can.
want() {
    local package
    reasons+=("$1")
    shift
    [ $# -gt 0 ] || unpackaged=1
    for package in "$@"; do
        case " ${missing[*]-} " in *" $package "*) ;; *) missing+=("$package") ;; esac
    done
}

major_of() { "$1" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\).*/\1/p'; }
supported() { case " $versions " in *" $1 "*) return 0 ;; esac; return 1; }
debian_bin() { echo "$needs_root/usr/lib/postgresql/$1/bin"; }

# The parts of PostgreSQL $2, by pg_config $3, for purpose $1.
find_missing_server() {
    local purpose=$1 version=$2 config=$3 pgxs='' server='' bin share packaged=1 name tests
    bin=$(debian_bin "$version")
    share=$needs_root/usr/share/postgresql/$version
    if have "$config" && [ "$(major_of "$config")" = "$version" ]; then
        if [ "$("$config" --bindir)" != "$bin" ]; then packaged=; fi
        # A line each: bash takes a trap between two substitutions in a command for the rest of the second.
        bin=$("$config" --bindir)
        pgxs=$("$config" --pgxs)
        share=$("$config" --sharedir)
        server=$("$config" --includedir-server)
    fi
    lacks() {
        local what=$1
        shift
        if [ -n "$packaged" ]; then want "$what" "$@"; else want "$what"; fi
    }
    [ -f "$pgxs" ] || lacks "pgxs.mk of PostgreSQL $version" "postgresql-server-dev-$version"
    [ -f "$server/postgres.h" ] || lacks "postgres.h of PostgreSQL $version" "postgresql-server-dev-$version"
    [ "$purpose" != build ] || return 0

    for name in postgres initdb pg_ctl; do
        [ -x "$bin/$name" ] || lacks "$name $version" "postgresql-$version"
    done
    [ -x "$bin/psql" ] || lacks "psql $version" "postgresql-client-$version"
    [ -f "$share/extension/postgis.control" ] ||
        lacks "PostGIS for PostgreSQL $version" "postgresql-$version-postgis-3" "postgresql-$version-postgis-3-scripts"
    # Left unconfigured, the packages are there and the user is not.
    if [ -n "$packaged" ] && [ "$(id -u)" = 0 ] && ! id postgres >/dev/null 2>&1; then
        want "the user postgres" postgresql-common "postgresql-$version"
    fi
    [ "$purpose" = test ] || return 0

    tests=${pgxs%/makefiles/pgxs.mk}/test
    first_of "$tests/regress/pg_regress" || lacks "pg_regress $version" "postgresql-server-dev-$version"
    first_of "$tests/isolation/pg_isolation_regress" || lacks "pg_isolation_regress $version" "postgresql-server-dev-$version"
    [ -f "$share/extension/pgtap.control" ] || lacks "pgTAP for PostgreSQL $version" "postgresql-$version-pgtap"
    [ -f "$share/extension/pgrouting.control" ] ||
        lacks "pgRouting for PostgreSQL $version" "postgresql-$version-pgrouting" "postgresql-$version-pgrouting-scripts"
}

# The compiler, and what it compiles against; $2 is the pg_config that names it.
find_missing_compiler() {
    local purpose=$1 config=$2 compiler=${NEED_CC:-} name
    local -a cc flags
    if [ -z "$compiler" ] && have "$config"; then compiler=$("$config" --cc 2>/dev/null) || true; fi
    read -ra cc <<<"${compiler:-gcc}"
    have make || want make make
    name=${cc[0]}
    case $name in ccache | */ccache | distcc | sccache) name=${cc[1]:-gcc} ;; esac
    if ! have "${cc[0]}" || ! have "$name"; then
        want "the compiler $name" "${name##*/}" libc6-dev libopenblas-serial-dev libopenblas0-serial
    elif ! "${cc[@]}" -E -x c -include stdio.h /dev/null >/dev/null 2>&1; then
        want stdio.h libc6-dev
    elif have make; then
        # The same flags as the Makefile's.
        read -ra flags < <(cd "$needs_repo" && make -s --no-print-directory -f make/blas.mk blas-flags 2>/dev/null) || true
        if ! "${cc[@]}" "${flags[@]}" -E -x c -include cblas.h /dev/null >/dev/null 2>&1; then
            want cblas.h libopenblas-serial-dev
        elif ! "${cc[@]}" -x c - -x none -o /dev/null "${flags[@]}" <<<'int main(void) { return 0; }' >/dev/null 2>&1; then
            want "a CBLAS to link with (libopenblas.so)" libopenblas-serial-dev
        fi
    else
        want cblas.h libopenblas-serial-dev
    fi
    [ "$purpose" != build ] || return 0
    first_of "$needs_root"/usr/lib/*/openblas-serial/libopenblas.so.0 || want "a serial OpenBLAS" libopenblas0-serial
    [ "$purpose" = test ] || return 0
    "${cc[@]}" -E -x c -include mpfr.h /dev/null >/dev/null 2>&1 || want mpfr.h libmpfr-dev
}

# Sets missing (packages), reasons (what they are for) and unpackaged (some cannot be installed).
find_missing() {
    local purpose=$1 version=$2 config=$3
    missing=() reasons=() unpackaged=
    find_missing_server "$purpose" "$version" "$config"
    find_missing_compiler "$purpose" "$config"
    [ "$purpose" = test ] || return 0
    if ! have prove || ! perl -MTest::More -MJSON::PP -e1 2>/dev/null; then want "Perl with its modules" perl; fi
    have curl || want curl curl ca-certificates
    # npm brings PostgREST for the HTTP tests and a simulator to compare with; openssl signs their tokens.
    have openssl || want openssl openssl
    have npm || want npm nodejs npm
    # From OpenStreetMap to a route, as docs/import.md has it.
    have osm2pgrouting || want osm2pgrouting osm2pgrouting
    have osmium || want osmium osmium-tool
    # Clients through a pooler, which Debian puts where not everybody looks.
    first_of "$needs_root/usr/sbin/pgbouncer" || want pgbouncer pgbouncer
}

list() { local text; printf -v text '%s, ' "$@"; echo "${text%, }"; }

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    export LC_ALL=C.UTF-8
    config=${PG_CONFIG:-pg_config}
    if ! version=$(major_of "$config") || [ -z "$version" ]; then
        echo "make: missing: pg_config ($config); 'make deps' installs what is missing, PG_CONFIG names another" >&2
        exit 1
    elif ! supported "$version"; then
        echo "make: PostgreSQL 15, 16 or 17 is needed, and $config is of $version; PG_CONFIG names another" >&2
        exit 1
    fi
    find_missing "${1:-build}" "$version" "$config"
    [ ${#reasons[@]} -gt 0 ] || exit 0
    echo "make: missing: $(list "${reasons[@]}"); 'make deps' installs what is missing, PG_CONFIG ($config) names another PostgreSQL" >&2
    exit 1
fi
