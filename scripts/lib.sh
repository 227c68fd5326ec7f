# Shared by the scripts: where things are, and how they speak. Sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=${DAYBOOK_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/daybook}
kafka_version=4.1.0
kafka_libs=$home/kafka-$kafka_version

say() { printf '%s\n' "$*" >&2; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# java_major: the major version of the Java on the PATH, nothing where there is none.
java_major() {
    java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1
}

# port_taken PORT: is anything listening there on loopback?
port_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# holder_of PORT: who listens there, as far as this user may know.
holder_of() {
    command -v ss >/dev/null || return 0
    ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/ by \1, process \2/p' |
        head -n 1
}

# free_port FROM: the first port from there on that nobody listens on.
free_port() {
    local port=$1
    while port_taken "$port"; do port=$((port + 1)); done
    printf '%s\n' "$port"
}
