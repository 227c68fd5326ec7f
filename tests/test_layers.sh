#!/usr/bin/env bash
# Goal: the layers hold. Method: the includes of every file, and what the core's objects call.
#     tests/test_layers.sh SOURCE_DIR CORE_LIBRARY
set -euo pipefail
cd "$1"
status=0
fail() {
    printf '%s\n' "$*" >&2
    status=1
}

forbid() { # forbid WHERE PATTERN WHY
    local found
    found=$(grep -nE "^#include *[<\"]($2)" -r "$1" || true)
    [[ -z $found ]] || fail "$3:"$'\n'"$found"
}

io='stdio\.h|time\.h|unistd\.h|pthread\.h|threads\.h|fcntl\.h|sys/|locale\.h'
libraries='sqlite3|librdkafka|microhttpd|ncurses|form\.h|menu\.h|curses'
shell='daybook/(err_set|log|producer|view|view_read|rebuild|query|http|config|message|clock|lock|term)\.h'
forbid src/core "$io" "the core does no input or output"
forbid src/core "$libraries|$shell|\.\./(shell|cli|web)" "the core knows nothing of the shell"
forbid src/web "${io#*|}|$libraries|\.\./(shell|cli)" "pages are made from what they are given"
forbid src/shell '\.\./(cli|web)|page\.h|feed\.h|lang\.h|cli\.h' "the shell knows nothing of the commands"
forbid include "$libraries" "no library shows in a contract"

one_library() { # one_library HEADER FILES...
    local header=$1 found
    shift
    found=$(grep -lE "^#include <$header" -r src | grep -vE "^src/($(IFS='|'; echo "$*"))$" || true)
    [[ -z $found ]] || fail "$header belongs to other files:"$'\n'"$found"
}
one_library librdkafka 'shell/kafka\.h' 'cli/versions\.c'
one_library sqlite3 'shell/view_internal\.h' 'cli/versions\.c'
one_library microhttpd 'shell/mhd\.h' 'cli/versions\.c'
one_library ncursesw 'shell/curses_library\.h'
one_library crypt 'shell/htpasswd\.c'
one_library dlfcn 'shell/library\.c'

calls=$(nm -u "$2" | awk '$1 == "U" {print $2}' | sort -u |
    grep -E '^(printf|fprintf|puts|fopen|open|read|write|time|clock_gettime|gettimeofday|getenv|rand|random|getrandom|pthread_.*|thrd_.*|setlocale|localtime|mktime)(@.*)?$' || true)
[[ -z $calls ]] || fail "the core calls:"$'\n'"$calls"
exit "$status"
