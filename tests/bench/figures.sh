#!/usr/bin/env bash
# Measures millraced with mbench and prints a table: figure, median (least..most) of all runs, and the command behind it.
# What each figure means, and when a run can be trusted, stands in docs/performance.md.
#
#   tests/bench/figures.sh                     all of it, in less than five minutes
#   tests/bench/figures.sh start size memory   only these; and partitions connections throughput latency tail pull
#   tests/bench/figures.sh scale subscriptions unsettled       these are not in all of it: they take longer
#   tests/bench/figures.sh --build DIR         a build directory made with -DMILLRACE_BENCH=ON; else build/bench is built
#   tests/bench/figures.sh --data DIR          a directory on the file system to measure, instead of the build's
#   tests/bench/figures.sh --runs N            instead of 5
#   tests/bench/figures.sh --pin               the broker on CPU 0, the client on CPU 1
#   tests/bench/figures.sh --beside 'COMMAND'  runs COMMAND before and after the loads, to see how quiet the machine was
#
# Everything happens on loopback, on ports that the system picks, in a directory that is removed at the end.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

build='' data='' runs=5 beside='' placement='not pinned' on_server=() on_client=() only=()
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$(cd "${2:?--build needs a directory}" && pwd); shift ;;
    --data) data=$(cd "${2:?--data needs a directory}" && pwd); shift ;;
    --runs) runs=${2:?--runs needs a number}; shift ;;
    --beside) beside=${2:?--beside needs a command}; shift ;;
    --pin) on_server=(taskset -c 0) on_client=(taskset -c 1) placement='broker on CPU 0, client on CPU 1' ;;
    start | size | memory | partitions | scale | connections | throughput | latency | tail) only+=("$1") ;;
    pull | subscriptions | unsettled) only+=("$1") ;;
    *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done

fail() { printf 'figures: %s\n' "$*" >&2; exit 1; }
if [ -z "$build" ]; then
  build=$here/build/bench
  cmake -S "$here" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMILLRACE_BENCH=ON >/dev/null
  cmake --build "$build" --target millraced mbench >/dev/null
fi
millraced=$build/src/app/millraced
mbench=$build/tests/bench/mbench
for program in "$millraced" "$mbench"; do [ -x "$program" ] || fail "there is no $program: build it first"; done

work=$(mktemp -d "${data:-$build}/figures.XXXXXX")
values=$work/values
store=$work/data
mkdir "$values"
daemon='' http=''
finish() {
  if [ -n "$daemon" ]; then kill -9 "$daemon" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
ulimit -n "$(ulimit -Hn)"
export MILLRACE_HTTP_LISTENERS= # none, for whatever else may have the port

# ── the broker ───────────────────────────────────────────────────────────────────────────────────────────────────────

start_daemon() { # start_daemon FLAG…: on what $store holds
  : >"$work/diagnostics" # or the address of the one before would be read
  "${on_server[@]}" "$millraced" --data-dir "$store" --listeners 127.0.0.1:0 "$@" 2>"$work/diagnostics" &
  daemon=$!
  local tries=0
  until broker=$(sed -n 's/.* ready kafka=\([^ ,]*\).*/\1/p' "$work/diagnostics") && [ -n "$broker" ]; do
    kill -0 "$daemon" 2>/dev/null || fail "the broker ended: $(cat "$work/diagnostics")"
    tries=$((tries + 1))
    [ $tries -lt 3000 ] || fail "the broker is not ready after 30 seconds"
    sleep 0.01
  done
  http=$(sed -n 's/.* ready .* http=\([^ ,]*\).*/\1/p' "$work/diagnostics")
}

end_daemon() { # end_daemon SIGNAL
  kill "-$1" "$daemon"
  wait "$daemon" 2>/dev/null || [ "$1" = KILL ] || fail "the broker did not end well: $(cat "$work/diagnostics")"
  daemon=''
}

load() { # load WORD…: mbench against the running broker
  "${on_client[@]}" "$mbench" --broker "$broker" ${http:+--http "$http"} --server-pid "$daemon" "$@" </dev/null
}

memory_of_daemon() { # rss_mb, pss_mb, own_mb
  awk '/^Rss:/ {rss = $2} /^Pss:/ {pss = $2} /^Anonymous:/ {own = $2}
       END {k = 1024 / 1e6; print "rss_mb", rss * k; print "pss_mb", pss * k; print "own_mb", own * k}' \
    "/proc/$daemon/smaps_rollup"
}

# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────

keep() { # keep GROUP: takes "name value" lines and files each value under GROUP.name
  local name value
  while read -r name value; do printf '%s\n' "$value" >>"$values/$1.$name"; done
}

spread() { # spread GROUP.NAME: median (least..most)
  sort -g "$values/$1" | awk '
    {v[NR] = $1}
    function n(x) {return x >= 1000 ? sprintf("%.0f", x) : sprintf("%.3g", x)}
    END {m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
         if (NR == 1) print n(m); else printf "%s (%s..%s)\n", n(m), n(v[1]), n(v[NR])}'
}

row() { printf '| %s | %s | %s |\n' "$1" "$2" "${3:+\`$3\`}"; }
rows() { # rows LABEL GROUP COMMAND NAME=UNIT…: one row for each; the command stands in the first
  local label=$1 group=$2 command=$3 each
  shift 3
  for each in "$@"; do
    row "$label, ${each#*=}" "$(spread "$group.${each%%=*}")" "$command"
    command=''
  done
}

takes_long() { [[ ' scale subscriptions unsettled ' == *" $1 "* ]]; }
wanted() { [ ${#only[@]} -eq 0 ] && ! takes_long "$1" || [[ " ${only[*]} " == *" $1 "* ]]; }
header() {
  printf 'millrace %s, %s, %s\n' "$("$millraced" --version | cut -d' ' -f2)" \
    "$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo 'no commit known')" "$(date -u +%FT%TZ)"
  printf '%s CPUs of %s, Linux %s, %s, loopback TCP %s, load %s\n' "$(nproc)" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(uname -r)" \
    "$(df --output=fstype "$work" | tail -1)" "$(cat /proc/sys/net/ipv4/tcp_congestion_control)" "$(cut -d' ' -f1-3 /proc/loadavg)"
  printf 'broker: millraced --data-dir DIR --listeners 127.0.0.1:0; %s runs; %s\n\n' "$runs" \
    "$placement"
  printf '| figure | median (least..most) | command |\n| --- | --- | --- |\n'
}

calibrate() {
  [ -z "$beside" ] || sh -c "$beside" | sed 's/^/> /'
}

# ── the figures ──────────────────────────────────────────────────────────────────────────────────────────────────────

measure_start() { # measure_start GROUP term|kill
  "${on_server[@]}" "$mbench" start --end "$2" -- "$millraced" --data-dir "$store" --listeners 127.0.0.1:0 | keep "$1"
}

start_rows() { # start_rows LABEL GROUP
  rows "$1" "$2" 'mbench start -- millraced …' ready_ms='ready, ms from exec' first_answer_ms='first answer, ms from exec' \
    own_start_ms='start_ms of its ready line' cpu_ms='CPU, ms'
}

figures_start() {
  for _ in $(seq "$runs"); do
    rm -rf "$store"
    measure_start start_empty term
    measure_start start_clean term
  done
  start_rows 'start, empty directory' start_empty
  start_rows 'start, clean restart' start_clean
  rows 'stop, nothing stored' start_clean '' end_ms='ms from SIGTERM'
}

figures_size() {
  cp "$millraced" "$work/stripped"
  strip "$work/stripped"
  row 'binary, MB' "$(stat -c %s "$millraced" | awk '{print $1 / 1e6}')" 'stat -c %s millraced'
  row 'binary stripped, MB' "$(stat -c %s "$work/stripped" | awk '{print $1 / 1e6}')" 'strip millraced; stat -c %s millraced'
}

figures_memory() {
  for _ in $(seq "$runs"); do
    rm -rf "$store"
    start_daemon
    sleep 0.5
    memory_of_daemon | keep idle
    end_daemon TERM
  done
  rows 'idle' idle 'awk … /proc/PID/smaps_rollup' rss_mb='RSS, MB' pss_mb='PSS, MB' own_mb='of it no file, MB'
}

# All of them written to, once, and once more after each start that is not to be a clean one.
write_to_all() { # write_to_all COUNT
  load --topic many produce --partitions "$1" --in-flight 64 --batch-bytes 1 --warm-up 0 --bytes $(($1 * 4000)) >/dev/null
}

descriptors_of_daemon() { printf 'descriptors %s\n' "$(find "/proc/$daemon/fd" -mindepth 1 | wc -l)"; }

many_partitions() { # many_partitions COUNT WORD: WORD is COUNT for people
  local use=('rss_mb=RSS, MB' 'pss_mb=PSS, MB' 'own_mb=of it no file, MB' 'descriptors=descriptors')
  rm -rf "$store"
  start_daemon
  load --topic many create --partitions "$1" | keep "$1"
  { memory_of_daemon; descriptors_of_daemon; } | keep "$1_new"
  write_to_all "$1"
  { memory_of_daemon; descriptors_of_daemon; } | keep "$1_used"
  sleep 25 # who is idle is looked for every ten seconds, and has to be found so twice
  { memory_of_daemon; descriptors_of_daemon; } | keep "$1_idle"
  end_daemon TERM
  for _ in $(seq "$runs"); do measure_start "$1_clean" term; done
  for _ in $(seq "$runs"); do
    start_daemon --durability os
    write_to_all "$1"
    end_daemon KILL
    measure_start "$1_killed" kill
  done
  rows "$2 partitions made" "$1" "mbench create --partitions $1" milliseconds=ms
  rows "$2 partitions, new" "$1_new" 'awk … /proc/PID/smaps_rollup; ls /proc/PID/fd' "${use[@]}"
  rows "$2 partitions, all written to" "$1_used" "mbench produce --partitions $1 …" "${use[@]}"
  rows "$2 partitions, idle again" "$1_idle" '' "${use[@]}"
  start_rows "$2 partitions, clean restart" "$1_clean"
  rows "$2 partitions, clean restart" "$1_clean" '' 'rss_mb=RSS, MB' 'pss_mb=PSS, MB' 'end_ms=stopped, ms from SIGTERM'
  start_rows "$2 partitions, after kill -9 under load" "$1_killed"
}

figures_partitions() { many_partitions 1000 1,000; }
figures_scale() { many_partitions 10000 10,000; }

figures_connections() {
  rm -rf "$store"
  start_daemon
  load idle --connections 5000 | sed 's/_bytes / /' | awk '$1 ~ /^server_/ {print $1 "_mb", $2 / 1e6; next} {print}' |
    keep idle_connections
  end_daemon TERM
  rows '5,000 idle connections' idle_connections 'mbench idle --connections 5000' server_rss_mb='RSS, MB' \
    server_pss_mb='PSS, MB' rss_bytes_per_connection='bytes for each' connections_per_s='opened and asked a second'
}

# The pages of a file must come from somewhere: a machine that never used them pays for them now, one that did does not.
warm_memory() {
  dd if=/dev/zero of="$work/warm" bs=1M count=2500 status=none
  rm "$work/warm"
}

figures_throughput() {
  local durability
  local produce='produce --record-bytes 1024 --batch-bytes 65536 --acks -1 --in-flight 5 --bytes 1000000000 --seconds 8'
  local fetch='fetch --max-bytes 1048576 --in-flight 2 --bytes 4000000000'
  warm_memory
  calibrate
  for _ in $(seq "$runs"); do
    for durability in fsync os; do
      rm -rf "$store"
      start_daemon --durability "$durability"
      # shellcheck disable=SC2086
      load $produce | keep "produce_$durability"
      # shellcheck disable=SC2086
      load $fetch | keep "fetch_$durability"
      end_daemon TERM
    done
  done
  calibrate
  for durability in fsync os; do
    rows "produce, durability $durability" "produce_$durability" "mbench $produce" gb_per_s='GB/s' records_per_s='records/s' \
      server_cpu_s_per_gb='server CPU s/GB' server_user_s_per_gb='of it in user space' client_cpu_s_per_gb='client CPU s/GB' \
      server_waits_per_request='waits a request' latency_p50_us='p50, us' latency_p99_us='p99, us'
    rows "fetch, durability $durability" "fetch_$durability" "mbench $fetch" gb_per_s='GB/s' records_per_s='records/s' \
      server_cpu_s_per_gb='server CPU s/GB' client_cpu_s_per_gb='client CPU s/GB' latency_p50_us='p50, us'
  done
}

figures_latency() {
  local durability
  local one='produce --batch-bytes 1 --in-flight 1 --bytes 4000000000 --seconds 2'
  local many='produce --batch-bytes 1 --in-flight 128 --burst 64 --bytes 4000000000 --seconds 2'
  for durability in fsync os; do
    rm -rf "$store"
    start_daemon --durability "$durability"
    for _ in $(seq "$runs"); do
      # shellcheck disable=SC2086
      load --topic one $one | keep "one_$durability"
      # shellcheck disable=SC2086
      load --topic many $many | keep "pipelined_$durability"
    done
    end_daemon TERM
    rows "one record at a time, durability $durability" "one_$durability" "mbench $one" latency_p50_us='p50, us' \
      latency_p99_us='p99, us' latency_p99.9_us='p99.9, us' server_cpu_us_per_request='server CPU us/request'
    rows "one record a request, 64 sent together, durability $durability" "pipelined_$durability" "mbench $many" \
      requests_per_s='requests/s' server_cpu_us_per_request='server CPU us/request' latency_p50_us='p50, us'
  done
}

figures_tail() {
  local durability tail='tail --rate 1000 --seconds 3'
  for durability in fsync os; do
    rm -rf "$store"
    start_daemon --durability "$durability"
    for _ in $(seq "$runs"); do
      # shellcheck disable=SC2086
      load $tail | keep "tail_$durability"
    done
    end_daemon TERM
    rows "end to end at 1,000/s, durability $durability" "tail_$durability" "mbench $tail" end_to_end_p50_us='p50, us' \
      end_to_end_p99_us='p99, us' end_to_end_p99.9_us='p99.9, us' server_cpu_us_per_request='server CPU us/record'
  done
}

figures_pull() {
  local pull='pull --events 400000 --partitions 4 --connections 8 --batch 500'
  rm -rf "$store"
  start_daemon --http-listeners 127.0.0.1:0
  for _ in $(seq "$runs"); do
    # shellcheck disable=SC2086
    load --topic pull $pull | keep pull
  done
  end_daemon TERM
  rows 'pull over HTTP, acknowledged durably' pull "mbench $pull" records_per_s='events/s' \
    server_cpu_us_per_record='server CPU us/event' client_cpu_us_per_record='client CPU us/event' \
    receive_p50_us='receive p50, us' receive_p99_us='p99, us' acknowledge_p50_us='acknowledge p50, us' \
    acknowledge_p99_us='p99, us'
}

figures_subscriptions() {
  local subscriptions='idle-subscriptions --pull 5000 --web-hooks 5000'
  local allowed=(--http-listeners 127.0.0.1:0 --webhook-allow-http true --webhook-allow-loopback true)
  rm -rf "$store"
  start_daemon "${allowed[@]}"
  # shellcheck disable=SC2086
  load $subscriptions | keep subscriptions
  end_daemon TERM
  for _ in $(seq "$runs"); do measure_start subscriptions_start term; done
  rows '10,000 idle subscriptions' subscriptions "mbench $subscriptions" made_in_s='made, s' \
    server_rss_growth_mb='growth of RSS, MB' rss_bytes_each='bytes each' idle_cpu_percent='CPU while idle, %'
  start_rows '10,000 subscriptions, clean restart' subscriptions_start
  rows '10,000 subscriptions, clean restart' subscriptions_start '' 'rss_mb=RSS, MB' 'end_ms=stopped, ms from SIGTERM'
}

unsettled() { # unsettled GROUP LABEL WORD…: in a broker of its own, for memory that was used once is not given back
  local group=$1 label=$2
  shift 2
  rm -rf "$store"
  start_daemon --http-listeners 127.0.0.1:0
  load hold "$@" | keep "$group"
  end_daemon TERM
  rows "$label" "$group" "mbench hold $*" server_rss_after_mb='RSS, MB' rss_bytes_per_event='bytes each'
}

figures_unsettled() {
  unsettled in_hand 'a million events in hand' --events 1000000 --partitions 10
  unsettled parked 'a million events parked, a thousand in hand' --events 1000000 --partitions 10 --keys 100
}

header
for part in start size memory partitions connections throughput latency tail pull scale subscriptions unsettled; do
  if wanted "$part"; then "figures_$part"; fi
done
printf '\nload at the end %s, %s seconds\n' "$(cut -d' ' -f1-3 /proc/loadavg)" "$SECONDS"
