#!/usr/bin/env bash
# Packaged Millrace servers on this machine (Linux), for trying, tests and benchmarks: see usage() below.
set -eu

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
base=${MILLRACE_LOCAL_DIR:-$project/target/local}
[[ $base = /* ]] || base=$PWD/$base
base_port=${MILLRACE_LOCAL_PORT:-9080}
base_cluster_port=$((base_port + 5000))
dropins=${MILLRACE_LOCAL_DROPINS:-}
start_seconds=${MILLRACE_LOCAL_START_SECONDS:-180}
namespaces=${MILLRACE_LOCAL_NAMESPACES:-}
secured=${MILLRACE_LOCAL_SECURED:-}
keys=${SECURED_KEYS:-}
reached_by=${MILLRACE_LOCAL_URL:-}
# Liberty itself waits up to 30 s for requests in progress, such as slow uploads.
stop_seconds=45
package=$project/target/millrace.jar
runtime=${MILLRACE_LOCAL_RUNTIME:-$base/runtime}
server=millrace
host=${MILLRACE_HTTP_HOST:-localhost}
[ "$host" != '*' ] || host=localhost

usage() {
    cat <<'TXT'
usage: deploy/local.sh COMMAND

  start [N]   start servers 1 to N and wait until they are ready; those that run already are left alone. 1 is a server
              alone, the default; 3 and more are one cluster
  launch I    start server I of the cluster, without waiting: for several that are to come back together
  stop [I]    stop server I, or all servers
  kill I      kill server I at once (SIGKILL)
  pause I     halt server I (SIGSTOP)
  resume I    let it go on (SIGCONT)
  restart I   stop server I, if it runs, and start it
  status      a line for each server
  logs I      print server I's log
  wipe        stop all servers and remove all that they wrote
  warm        start and stop a server alone, once for each build; new servers then begin with what Liberty has worked out

A cluster keeps its number of servers until it is wiped. Server I listens on localhost, HTTP port 9080+I; its files are
under target/local/I. Settings come from the environment, as MILLRACE_... (docs/configuration.md), except the broker's
id, the ports, the folders and what makes the cluster, which follow from I; a cluster has a secret of its own unless
MILLRACE_CLUSTER_SECRET is set.
The package that `mvn package` leaves is used, and built when there is none.

For this script alone:
  MILLRACE_LOCAL_DIR            where the servers live (target/local)
  MILLRACE_LOCAL_PORT           what is added to I for the HTTP port (9080); the cluster's port is 5000 above it
  MILLRACE_LOCAL_DROPINS        a folder with WARs to deploy beside Millrace (none)
  MILLRACE_LOCAL_START_SECONDS  how long a start may take (180)
  MILLRACE_LOCAL_RUNTIME        where the package is unpacked, for several folders of servers that share it (in
                                MILLRACE_LOCAL_DIR); the command warm then spares each new server a part of its start
  MILLRACE_LOCAL_URL            of a proxy by which the other servers reach those that are started now (none)
  MILLRACE_LOCAL_SECURED        1: HTTPS only, also between servers, and callers must be known, by deploy/secured/secured.xml
                                and the keys in the folder SECURED_KEYS, as deploy/secured/keys.sh makes them: server I has
                                broker-I.p12, if it is there, else broker.p12; the passwords that secured.xml names come from
                                the environment (none)
  MILLRACE_LOCAL_NAMESPACES     a prefix such as 10.87.0: server I runs in the network namespace millrace-10.87.0.I, which
                                is there already, and at the address 10.87.0.I, so that links can be cut; for root (none)
TXT
}

say() { echo "local.sh: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

check_number() {
    [[ ${1:-} =~ ^[1-9][0-9]{0,2}$ ]] || fail "give a number from 1 to 999, found '${1:-}'"
}

http_port() { echo $((base_port + $1)); }
cluster_port() { echo $((base_cluster_port + $1)); }
address() { echo "${namespaces:+$namespaces.$1}"; }
url() {
    local own
    own=$(address "$1")
    echo "http${secured:+s}://${own:-$host}:$(http_port "$1")"
}
console() { echo "$base/$1/logs/console.log"; }
pid_file() { echo "$base/$1/server.pid"; }

# Prints when a process began, in ticks since boot, which tells it from a later one with the same pid, and its state, as
# ps has it: T is stopped, Z dead but not yet reaped. Both are of one reading: between two the process may be reaped.
identify() {
    local line fields
    { read -r line < "/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra fields <<< "${line##*) }"
    echo "${fields[19]} ${fields[0]}"
}

# Prints the pid of server I and its state, if that very process still lives.
living() {
    local pid since began state
    read -r pid since 2>/dev/null < "$(pid_file "$1")" || return 1
    read -r began state < <(identify "$pid") || return 1
    [ "$began" = "$since" ] && [[ $state != [ZX] ]] || return 1
    echo "$pid $state"
}

# Prints the pid of server I, if it lives.
alive() {
    local pid state
    read -r pid state < <(living "$1") || return 1
    echo "$pid"
}

# How many servers the cluster has; 1 before the first start.
size() { cat "$base/size" 2>/dev/null || echo 1; }

# Remembers the number of servers; a cluster also gets a secret of its own.
form() {
    local count=$1
    [ "$count" != 2 ] || fail "two servers make no cluster: one is no majority of two; start 1, or 3"
    if [ "$(size)" != 1 ] && [ "$count" != "$(size)" ]; then
        fail "these servers are a cluster of $(size): start $(size), or wipe first"
    fi
    mkdir -p "$base"
    if [ "$count" -gt 1 ] && [ ! -f "$base/secret" ]; then
        (umask 077 && head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$base/secret")
    fi
    # Never cut short for a moment: a server that was launched just now may still be reading it.
    if [ "$(cat "$base/size" 2>/dev/null)" != "$count" ]; then
        echo "$count" > "$base/size.new"
        mv "$base/size.new" "$base/size"
    fi
}

# The addresses of all servers of the cluster, separated by commas.
members() {
    local i
    local own
    for ((i = 1; i <= $(size); i++)); do
        own=$(address "$i")
        echo "${own:-127.0.0.1}:$(cluster_port "$i")"
    done | paste -sd, -
}

# What tells server I about the others.
export_cluster() {
    if [ "$(size)" -gt 1 ]; then
        MILLRACE_CLUSTER_HOST=$(address "$1")
        MILLRACE_CLUSTER_HOST=${MILLRACE_CLUSTER_HOST:-127.0.0.1}
        MILLRACE_CLUSTER_MEMBERS=$(members)
        MILLRACE_CLUSTER_SECRET=${MILLRACE_CLUSTER_SECRET:-$(cat "$base/secret")}
        MILLRACE_HTTP_URL=${reached_by:-$(url "$1")}
        export MILLRACE_CLUSTER_HOST MILLRACE_CLUSTER_MEMBERS MILLRACE_CLUSTER_SECRET MILLRACE_HTTP_URL
    fi
}

# The servers that were ever started here.
numbers() {
    local file
    for file in "$base"/*/server.pid; do
        if [ -f "$file" ]; then basename "$(dirname "$file")"; fi
    done | sort -n
}

# Unpacks the package, once for each build, and not under a server that runs.
install_runtime() {
    local i
    if [ ! -f "$package" ]; then
        say "there is no $package: building it"
        (cd "$project" && mvn -q -B -ntp package -DskipTests) >&2 || fail "the build failed"
    fi
    if [ -f "$runtime/.unpacked" ] && [ ! "$package" -nt "$runtime/.unpacked" ]; then
        return
    fi
    for i in $(numbers); do
        if alive "$i" > /dev/null; then
            say "server $i still runs the build before this one, so that one is used; stop first for the new one"
            return
        fi
    done
    rm -rf "$runtime"
    mkdir -p "$runtime"
    (cd "$runtime" && "${JAVA_HOME:+$JAVA_HOME/bin/}jar" xf "$package") || fail "cannot unpack $package"
    touch -r "$package" "$runtime/.unpacked"
}

install_dropins() {
    if [ -n "$dropins" ]; then
        mkdir -p "$runtime/wlp/usr/servers/$server/dropins"
        cp "$dropins"/*.war "$runtime/wlp/usr/servers/$server/dropins/"
    fi
}

# The package has no features but those of server.xml: a secured server runs in the whole Liberty that the build unpacked,
# with a copy of what the package deploys, because others may share that one and are not secured.
install_security() {
    [ -n "$secured" ] || return 0
    require_passwords || return 1
    local overrides=$base/secured/servers/$server/configDropins/overrides
    # As above: not under a server that runs.
    if [ ! -f "$base/secured/.unpacked" ] || [ "$runtime/.unpacked" -nt "$base/secured/.unpacked" ]; then
        rm -rf "$base/secured"
        cp -r "$runtime/wlp/usr" "$base/secured"
        touch -r "$runtime/.unpacked" "$base/secured/.unpacked"
    fi
    mkdir -p "$overrides"
    cp "$project/deploy/secured/secured.xml" "$overrides/"
}

# Liberty would take the name of a variable that is not set for the password.
require_passwords() {
    local role name
    for role in KEYS ADMIN OPERATOR CLIENT BROKER; do
        name=SECURED_${role}_PASSWORD
        if [ -z "${!name:-}" ]; then
            say "$name is not set: deploy/secured/secured.xml needs it"
            return 1
        fi
    done
}

# The name of server I's own key.
key_of() {
    local name
    for name in "broker-$1" broker; do
        if [ -f "$keys/$name.p12" ]; then
            echo "$name"
            return
        fi
    done
    say "SECURED_KEYS must name a folder with what deploy/secured/keys.sh makes: there is no broker-$1.p12 and no broker.p12"
    return 1
}

# Whether something listens at a port, without knocking there.
listens() {
    grep -Eqs "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$1") [0-9A-F]+:0000 0A" /proc/net/tcp /proc/net/tcp6
}

check_port_free() {
    local tries
    # A server that was just killed may hold its ports for a moment longer.
    for ((tries = 0; tries < 15; tries++)); do
        listens "$1" || return 0
        sleep 0.2
    done
    say "port $1, for $2, is in use by another process; MILLRACE_LOCAL_PORT moves the ports"
    return 1
}

# Starts server I; Liberty's script ends by becoming the server's java process, so its pid is the one to note.
launch() {
    local i=$1 pid began state key
    key=${secured:+$(key_of "$i")} || return 1
    mkdir -p "$base/$i/logs"
    if [ -z "$secured" ] && [ -d "$runtime/.workarea" ] && [ ! -d "$base/$i/output" ]; then
        mkdir -p "$base/$i/output/$server"
        cp -r "$runtime/.workarea" "$base/$i/output/$server/workarea"
    fi
    check_port_free "$(http_port "$i")" "server $i's HTTP" || return 1
    check_port_free "$(cluster_port "$i")" "server $i's cluster member" || return 1
    (
        trap '' HUP INT
        cd "$base/$i"
        unset MILLRACE_LOCAL_DIR MILLRACE_LOCAL_PORT MILLRACE_LOCAL_DROPINS MILLRACE_LOCAL_START_SECONDS WLP_USER_DIR
        unset MILLRACE_LOCAL_NAMESPACES MILLRACE_LOCAL_RUNTIME MILLRACE_LOCAL_SECURED MILLRACE_LOCAL_URL
        wlp=$runtime/wlp
        if [ -n "$secured" ]; then
            wlp=$project/.liberty/wlp
            export WLP_USER_DIR=$base/secured SECURED_KEY=$key
        fi
        export WLP_OUTPUT_DIR=$base/$i/output LOG_DIR=$base/$i/logs
        MILLRACE_HTTP_PORT=$(http_port "$i")
        MILLRACE_CLUSTER_PORT=$(cluster_port "$i")
        export MILLRACE_HTTP_PORT MILLRACE_CLUSTER_PORT MILLRACE_BROKER_ID=$i
        export MILLRACE_LOG_DIRS=$base/$i/data MILLRACE_CLUSTER_JOURNAL_DIR=$base/$i/journal
        export_cluster "$i"
        if [ -n "$namespaces" ]; then
            export MILLRACE_HTTP_HOST='*' MILLRACE_SECURITY=${MILLRACE_SECURITY:-off}
        fi
        exec ${namespaces:+ip netns exec "millrace-$(address "$i")"} sh "$wlp/bin/server" run "$server" > "$(console "$i")" 2>&1 < /dev/null
    ) &
    pid=$!
    disown "$pid"
    read -r began state < <(identify "$pid") || true # It may be gone already: whoever waits for it says so.
    echo "$pid $began" > "$(pid_file "$i")"
}

# An answer without a check in it is not of Millrace: Liberty gives one while there is no application.
ready() { curl ${secured:+-k} -fs --max-time 5 "$(url "$1")/health/ready" | grep -q '"name"'; }

# The process ended, the application failed, or a port is in use: no use to wait.
gave_up() {
    ! alive "$1" > /dev/null ||
        grep -Eqs 'CWWKZ000[24]E|CWWKZ0012I|CWWKO0221E|CWWKE0005E|Millrace cannot start' "$(console "$1")"
}

explain() {
    say "server $1 did not become ready; from its log, $(console "$1"):"
    grep -Ev '^[[:space:]]+(at |\.\.\. )|CWMMH005[23]W|AUDIT|INFO|Sharing is only' "$(console "$1")" | awk '!seen[$0]++' |
        tail -n 30 | cut -c1-1000 >&2 || true
}

await_ready() {
    local i=$1 deadline=$((SECONDS + start_seconds))
    until ready "$i"; do
        if gave_up "$i"; then
            explain "$i"
            return 1
        elif [ $SECONDS -ge $deadline ]; then
            explain "$i"
            say "gave up after $start_seconds s; its health:"
            curl ${secured:+-k} -s --max-time 5 "$(url "$i")/health" >&2 || true
            return 1
        fi
        sleep 0.3
    done
}

announce() { echo "server $1: ready at $(url "$1") (pid $(alive "$1"))"; }

start() {
    local i failed=0 launched=()
    check_number "$1"
    form "$1"
    install_runtime
    install_dropins
    install_security
    for ((i = 1; i <= $1; i++)); do
        if ! alive "$i" > /dev/null; then
            launch "$i" || { failed=1; break; }
            launched+=("$i")
        fi
    done
    for ((i = 1; i <= $1 && !failed; i++)); do
        await_ready "$i" || failed=1
    done
    if [ $failed = 1 ]; then
        stop_servers ${launched[@]+"${launched[@]}"}
        exit 1
    fi
    for ((i = 1; i <= $1; i++)); do announce "$i"; done
}

# What Liberty works out at its first start is kept beside the package that it belongs to.
warm() {
    install_runtime
    [ ! -d "$runtime/.workarea" ] || return 0
    secured=
    start 1
    stop_servers 1
    mv "$base/1/output/$server/workarea" "$runtime/.workarea"
    wipe
}

stop_servers() {
    local i pid deadline
    for i in "$@"; do
        if pid=$(alive "$i"); then
            # It may end at this moment.
            kill -TERM "$pid" 2>/dev/null || true
            kill -CONT "$pid" 2>/dev/null || true
        fi
    done
    deadline=$((SECONDS + stop_seconds))
    for i in "$@"; do
        while pid=$(alive "$i") && [ $SECONDS -lt $deadline ]; do sleep 0.1; done
        if [ -n "$pid" ]; then
            say "server $i did not stop within $stop_seconds s: killing it"
            kill_server "$i" "$pid"
        fi
    done
}

# Server I, or all.
stop_some() {
    if [ -n "$1" ]; then
        check_number "$1"
        stop_servers "$1"
    else
        stop_servers $(numbers)
    fi
}

kill_server() {
    kill -KILL "$2"
    while alive "$1" > /dev/null; do sleep 0.05; done
}

# The pid of server I, which must run.
running() {
    check_number "${1:-}"
    alive "$1" || fail "server $1 does not run"
}

launch_one() {
    check_number "${1:-}"
    ! alive "$1" > /dev/null || fail "server $1 runs already"
    [ -f "$runtime/.unpacked" ] || fail "nothing is unpacked in $base: start the servers once first"
    launch "$1"
}

restart() {
    check_number "${1:-}"
    stop_servers "$1"
    install_runtime
    install_dropins
    install_security
    launch "$1"
    if ! await_ready "$1"; then
        stop_servers "$1"
        exit 1
    fi
    announce "$1"
}

status() {
    local i pid state
    for i in $(numbers); do
        if ! read -r pid state < <(living "$i"); then
            echo "server $i: stopped"
        elif [ "$state" = T ]; then
            echo "server $i: paused (pid $pid)"
        elif ready "$i"; then
            announce "$i"
        else
            echo "server $i: not ready (pid $pid)"
        fi
    done
}

logs() {
    check_number "${1:-}"
    if [ -f "$base/$1/logs/messages.log" ]; then
        cat "$base/$1/logs/messages.log"
    else
        cat "$(console "$1")" || fail "server $1 was never started"
    fi
}

wipe() {
    local i
    stop_servers $(numbers)
    for i in $(numbers); do rm -rf "${base:?}/$i"; done
    rm -rf "$base/runtime" "$base/secured" "$base/size" "$base/secret"
    if [ -d "$base" ]; then rmdir --ignore-fail-on-non-empty "$base"; fi
}

case ${1:-} in
    start) start "${2:-1}" ;;
    launch) launch_one "${2:-}" ;;
    stop) stop_some "${2:-}" ;;
    kill) pid=$(running "${2:-}") && kill_server "$2" "$pid" ;;
    pause) pid=$(running "${2:-}") && kill -STOP "$pid" ;;
    resume) pid=$(running "${2:-}") && kill -CONT "$pid" ;;
    restart) restart "${2:-}" ;;
    status) status ;;
    logs) logs "${2:-}" ;;
    wipe) wipe ;;
    warm) warm ;;
    *) usage >&2; exit 2 ;;
esac
