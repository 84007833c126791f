# The programs of the demo, and the commands that run beside them.

names=() pids=() # of the programs, in the order of their start
job=             # the command that runs in front of the reader
watching=        # the command that shows changes until it is interrupted

# background COMMAND: runs a shell command in a process group of its own, which Ctrl-C does not reach: the demo ends it in order.
background() {
    set -m
    eval "$1" </dev/null &
    set +m
}

# start NAME COMMAND…: starts a program of the demo. Its output goes to files.
start() {
    local name=$1
    shift
    background "exec ${*@Q} >'$work/$name.out' 2>'$work/$name.log'"
    names+=("$name") pids+=($!)
}

# announced NAME KEY COMMAND…: starts a program that prints one line of JSON when it is ready, and sets `answer` to the value of KEY.
announced() {
    local name=$1 key=$2 line='' out waited=0
    shift 2
    mkfifo "$work/$name.out"
    start "$name" "$@"
    exec {out}<>"$work/$name.out" # Kept open, also for writing: a program whose reader is gone dies of its next line.
    until read -r -t 5 line <&"$out"; do
        all_alive
        progress "still starting, $((waited += 5)) s"
    done
    answer=$(sed -nE "s/.*\"$key\": ?\"([^\"]*)\".*/\1/p" <<<"$line")
    [[ -n $answer ]] || fail "$name did not print its $key: $line"
}

# supervise COMMAND: runs a shell command, and fails at once if a program of the demo ends meanwhile.
supervise() {
    local ended status=0
    background "$1"
    job=$!
    wait -n -p ended "$job" "${pids[@]}" || status=$?
    [[ ${ended:-} == "$job" ]] || all_alive
    job=
    return "$status"
}

all_alive() {
    local index
    for index in "${!pids[@]}"; do
        kill -0 "${pids[index]}" 2>/dev/null || fail "${names[index]} has ended, which it should not"
    done
}

end_watching() {
    [[ -z $watching ]] || stop "$watching"
    watching=
}

# stop PID: asks a process group to end, and kills it after a while.
stop() {
    kill -TERM -- "-$1" 2>/dev/null
    timeout 30 tail --pid="$1" -f /dev/null || kill -KILL -- "-$1" 2>/dev/null
    wait "$1" 2>/dev/null || true
}

show_logs() {
    local index
    for index in "${!names[@]}"; do
        progress "the end of the log of ${names[index]}:"
        tail -n 20 "$work/${names[index]}.log" | sed 's/^/    /'
    done
}
