#!/usr/bin/env bash
# Packaged Millrace servers on this machine, for trying, tests and benchmarks: see usage() below.
set -eu

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
base=${MILLRACE_LOCAL_DIR:-$project/target/local}
base_port=${MILLRACE_LOCAL_PORT:-9080}
base_cluster_port=$((base_port + 5000))
package=$project/target/millrace.jar
server=millrace
start_seconds=${MILLRACE_LOCAL_START_SECONDS:-120}
stop_seconds=30
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

usage() {
    cat <<'TXT'
usage: deploy/local.sh COMMAND

  start [N]   start servers 1 to N (default 1) and wait until they are ready; those that run already are left alone
  stop        stop all servers
  kill I      kill server I at once (SIGKILL)
  pause I     halt server I (SIGSTOP)
  resume I    let it go on (SIGCONT)
  restart I   stop server I and start it again
  status      a line for each server
  logs I      print server I's log
  wipe        stop all servers and remove all that they wrote

Server I listens on localhost, HTTP port 9080+I; its files are under target/local/I. Settings come from the environment, as
MILLRACE_... (docs/configuration.md). The package that `mvn package` leaves is used, and built when there is none.

For this script alone:
  MILLRACE_LOCAL_DIR            where the servers live (target/local)
  MILLRACE_LOCAL_PORT           what is added to I for the HTTP port (9080)
  MILLRACE_LOCAL_DROPINS        a folder with WARs to deploy beside Millrace (none)
  MILLRACE_LOCAL_START_SECONDS  how long a start may take (120)
TXT
}

fail() {
    echo "local.sh: $*" >&2
    exit 1
}

check_number() {
    [[ ${1:-} =~ ^[1-9][0-9]{0,2}$ ]] || fail "give a number from 1 to 999, found '${1:-}'"
}

http_port() { echo $((base_port + $1)); }
log() { echo "$base/$1/logs/console.log"; }
pid_file() { echo "$base/$1/server.pid"; }

# When a process began, in ticks since boot: tells our process from a later one with the same pid.
began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# One letter, as ps has it: T is stopped, Z dead but not yet reaped.
state() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c1; }

# Prints the pid of server I, if that very process still lives.
alive() {
    local pid since
    read -r pid since 2>/dev/null < "$(pid_file "$1")" || return 1
    [ "$(began "$pid")" = "$since" ] && [ "$(state "$pid")" != Z ] || return 1
    echo "$pid"
}

numbers() {
    local path
    for path in "$base"/*/; do
        path=$(basename "$path")
        if [[ $path =~ ^[1-9][0-9]*$ ]]; then echo "$path"; fi
    done | sort -n
}

# Unpacks the package, once for each build, and not under a server that runs.
install_runtime() {
    local runtime=$base/runtime i
    if [ ! -f "$package" ]; then
        echo "local.sh: there is no $package: building it" >&2
        (cd "$project" && mvn -q -B package -DskipTests) || fail "the build failed"
    fi
    if [ -f "$runtime/.unpacked" ] && [ ! "$package" -nt "$runtime/.unpacked" ]; then
        return
    fi
    for i in $(numbers); do
        if alive "$i" > /dev/null; then
            echo "local.sh: server $i still runs the build before this one, so that one is used; stop first for the new one" >&2
            return
        fi
    done
    rm -rf "$runtime"
    mkdir -p "$runtime"
    (cd "$runtime" && "${JAVA_HOME:+$JAVA_HOME/bin/}jar" xf "$package") || fail "cannot unpack $package"
    touch -r "$package" "$runtime/.unpacked"
}

# Starts the server's own java process, so that its pid is the one noted.
launch() {
    local i=$1 wlp=$base/runtime/wlp line pid options=()
    local config=$wlp/usr/servers/$server
    mkdir -p "$base/$i/logs"
    if [ -n "${MILLRACE_LOCAL_DROPINS:-}" ]; then
        cp "$MILLRACE_LOCAL_DROPINS"/*.war "$config/dropins/"
    fi
    while read -r line; do
        if [[ -n $line && $line != \#* ]]; then options+=("$line"); fi
    done < "$config/jvm.options"
    (
        cd "$base/$i"
        set -a
        # what Liberty's own script would read
        if [ -f "$config/server.env" ]; then . "$config/server.env"; fi
        WLP_OUTPUT_DIR=$base/$i/output
        LOG_DIR=$base/$i/logs
        MILLRACE_BROKER_ID=$i
        MILLRACE_HTTP_PORT=$(http_port "$i")
        MILLRACE_CLUSTER_PORT=$((base_cluster_port + i))
        MILLRACE_LOG_DIRS=$base/$i/data
        MILLRACE_CLUSTER_JOURNAL_DIR=$base/$i/journal
        set +a
        exec "$java" -javaagent:"$wlp/bin/tools/ws-javaagent.jar" "${options[@]}" -Djava.awt.headless=true \
            -jar "$wlp/bin/tools/ws-server.jar" "$server" > "$(log "$i")" 2>&1 < /dev/null
    ) &
    pid=$!
    disown "$pid"
    echo "$pid $(began "$pid")" > "$(pid_file "$i")"
}

ready() { curl -fs -o /dev/null --max-time 5 "http://localhost:$(http_port "$1")/health/ready"; }

# Deployment failed, or the port is in use: no use to wait.
gave_up() { ! alive "$1" > /dev/null || grep -qs 'CWWKZ0002E\|CWWKZ0004E\|CWWKO0221E' "$(log "$1")"; }

await_ready() {
    local i=$1 deadline=$((SECONDS + start_seconds))
    until ready "$i"; do
        if gave_up "$i" || [ $SECONDS -ge $deadline ]; then
            echo "local.sh: server $i did not become ready; from its log, $(log "$i"):" >&2
            grep -v '^[[:space:]]*at ' "$(log "$i")" | grep -E 'ERROR|Exception|millrace' | head -n 20 | cut -c1-600 >&2 || true
            curl -s --max-time 5 "http://localhost:$(http_port "$i")/health/ready" >&2 || true
            return 1
        fi
        sleep 0.3
    done
}

start() {
    local i failed=0 launched=()
    check_number "$1"
    install_runtime
    for ((i = 1; i <= $1; i++)); do
        if ! alive "$i" > /dev/null; then
            launch "$i"
            launched+=("$i")
        fi
    done
    for ((i = 1; i <= $1; i++)); do
        await_ready "$i" || failed=1
    done
    if [ $failed = 1 ]; then
        for i in ${launched[@]+"${launched[@]}"}; do stop_server "$i"; done
        exit 1
    fi
    for ((i = 1; i <= $1; i++)); do
        echo "server $i: http://localhost:$(http_port "$i") (pid $(alive "$i"))"
    done
}

stop_server() {
    local i=$1 pid deadline=$((SECONDS + stop_seconds))
    if pid=$(alive "$i"); then
        kill -TERM "$pid"
        kill -CONT "$pid"
        while alive "$i" > /dev/null; do
            if [ $SECONDS -ge $deadline ]; then
                echo "local.sh: server $i did not stop within $stop_seconds s: killing it" >&2
                kill -KILL "$pid"
            fi
            sleep 0.1
        done
    fi
    rm -f "$(pid_file "$i")"
}

signal() {
    local pid
    check_number "$2"
    pid=$(alive "$2") || fail "server $2 does not run"
    kill "-$1" "$pid"
    if [ "$1" = KILL ]; then
        while alive "$2" > /dev/null; do sleep 0.05; done
        rm -f "$(pid_file "$2")"
    fi
}

status() {
    local i pid
    for i in $(numbers); do
        if ! pid=$(alive "$i"); then
            echo "server $i: stopped"
        elif [ "$(state "$pid")" = T ]; then
            echo "server $i: paused (pid $pid)"
        elif ready "$i"; then
            echo "server $i: ready at http://localhost:$(http_port "$i") (pid $pid)"
        else
            echo "server $i: not ready (pid $pid)"
        fi
    done
}

stop() {
    local i
    for i in $(numbers); do stop_server "$i"; done
}

case ${1:-} in
    start) start "${2:-1}" ;;
    stop) stop ;;
    kill) signal KILL "${2:-}" ;;
    pause) signal STOP "${2:-}" ;;
    resume) signal CONT "${2:-}" ;;
    restart)
        check_number "${2:-}"
        install_runtime
        stop_server "$2"
        launch "$2"
        if ! await_ready "$2"; then
            stop_server "$2"
            exit 1
        fi
        echo "server $2: http://localhost:$(http_port "$2") (pid $(alive "$2"))"
        ;;
    status) status ;;
    logs) check_number "${2:-}"; cat "$(log "$2")" ;;
    wipe) stop; rm -rf "$base" ;;
    *) usage >&2; exit 2 ;;
esac
