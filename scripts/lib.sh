# Shared by the scripts: where things are, and how they speak. Sourced, not run.
# shellcheck shell=bash disable=SC2034

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
[[ -n ${DAYBOOK_HOME:-}${XDG_DATA_HOME:-}${HOME:-} ]] || {
    echo "HOME is not set. Set DAYBOOK_HOME to the folder where daybook keeps its files." >&2
    exit 1
}
home=$(realpath -m -- "${DAYBOOK_HOME:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/daybook}")
kafka_pom=$root/scripts/kafka-pom.xml
kafka_version=$(sed -n 's/.*<kafka.version>\(.*\)<.*/\1/p' "$kafka_pom")
kafka_libs=$home/kafka-$kafka_version

say() { printf '%s\n' "$*" >&2; }
die() {
    say "${0##*/}: $*"
    exit 1
}
wrong_usage() {
    say "${0##*/}: $*"
    say "See scripts/${0##*/} --help."
    exit 2
}

# has_kafka: were the jars of exactly this pom fetched, to the last one?
has_kafka() {
    [[ -f $kafka_libs/complete && $(<"$kafka_libs/complete") == "$(sha256sum <"$kafka_pom")" ]]
}

# java_major JAVA: the major version of that program, nothing where it does not run.
java_major() {
    "$1" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1
}

# find_java: the first Java from 17 on: JAVA_HOME's, the one on the PATH, an installed package's.
find_java() {
    local java major
    for java in "${JAVA_HOME:-}/bin/java" "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
        [[ -x $java ]] || continue
        major=$(java_major "$java" || true)
        if ((${major:-0} >= 17)); then
            printf '%s\n' "$java"
            return
        fi
    done
    return 1
}

valid_port() { [[ $1 =~ ^[1-9][0-9]{0,4}$ ]] && (($1 < 65536)); }

# port_taken PORT: is anything listening there on loopback?
port_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# holder_of PORT: who listens there, as far as this user may know, as the end of a sentence.
holder_of() {
    command -v ss >/dev/null || return 0
    ss -Hltnp "sport = :$1" 2>/dev/null |
        sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/ by \1, process \2/p' | head -n 1
}

# free_ports FROM COUNT: the first port from there on that begins COUNT free ones in a row.
free_ports() {
    local port=$1 i
    for ((i = 0; i < $2; i++)); do
        ((port + $2 <= 65536)) || die "there are no free ports from $1 on."
        ! port_taken $((port + i)) || { port=$((port + i + 1)) i=-1; }
    done
    printf '%s\n' "$port"
}
