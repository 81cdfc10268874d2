#!/usr/bin/env bash
# From nothing to a running broker with a week of earthquakes in it, read by a consumer group, and one of them brought to a
# web hook that refuses it at first.
#
#   config/quickstart.sh               installs what is missing, builds, starts the broker, publishes, reads
#   config/quickstart.sh --stop        stops the broker that it left running
#   config/quickstart.sh --check       the same in a directory of its own, stops the broker, and says if all went well
#   config/quickstart.sh --port N      another port than 9092
#   config/quickstart.sh --no-install  with the packages that are there
#
# A second run finds the broker running and goes on with it.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=config/install.sh
. config/install.sh

port=9092 check=no stop=no install=yes
while [ $# -gt 0 ]; do
  case $1 in
    --check) check=yes ;;
    --stop) stop=yes ;;
    --no-install) install=no ;;
    --port) port=${2:?--port needs a number}; shift ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done

build=build/quickstart
broker_program=$PWD/$build/src/app/millraced
millrace=$PWD/$build/src/cli/millrace
data=${XDG_DATA_HOME:-$HOME/.local/share}/millrace
state=$build/state
topic=earthquakes
group=first-steps
notes=notes
python=/usr/bin/python3
sample=config/samples/earthquakes.py
# The web hook of this script is on this machine, and without TLS.
flags=(--webhook-allow-http true --webhook-allow-loopback true)

step() { printf '\n%s\n' "── $*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

running_pid() { # the broker that this script started, if it still runs
  local pid
  pid=$(cat "$state/pid" 2>/dev/null) || return 1
  case $(readlink "/proc/$pid/exe" 2>/dev/null) in "$broker_program"*) printf '%s' "$pid" ;; *) return 1 ;; esac
}

answers() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

stop_broker() { # gives the broker's exit code when it is our child
  local pid=$1 tenths=0
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null && [ $tenths -lt 300 ]; do
    sleep 0.1
    tenths=$((tenths + 1))
  done
  rm -f "$state/pid"
  wait "$pid" 2>/dev/null
}

start_broker() {
  local tenths=0 pid
  if answers; then fail "something else listens on port $port; stop it or choose another with --port N"; fi
  setsid "$broker_program" "${flags[@]}" >"$state/diagnostics.txt" 2>&1 </dev/null &
  pid=$!
  printf '%s\n' "$pid" >"$state/pid"
  until answers; do
    sleep 0.1
    tenths=$((tenths + 1))
    if ! kill -0 "$pid" 2>/dev/null || [ $tenths -ge 100 ]; then
      cat "$state/diagnostics.txt" >&2
      rm -f "$state/pid"
      fail "the broker did not start"
    fi
  done
}

if [ $stop = yes ]; then
  if ! pid=$(running_pid); then fail "no broker of this script is running"; fi
  stop_broker "$pid" || true
  printf 'stopped\n'
  exit 0
fi

step "packages"
if [ $install = yes ]; then install_packages build quickstart; fi
printf 'all there\n'

if [ $check = yes ]; then
  scratch=$(mktemp -d)
  state=$scratch
  data=$scratch/data
  flags+=(--data-dir "$data")
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  clean_up() {
    if pid=$(running_pid); then kill -KILL "$pid"; fi
    rm -rf "$scratch"
  }
  trap clean_up EXIT
fi
if [ "$port" != 9092 ]; then flags+=(--listeners "127.0.0.1:$port"); fi
# The port for operators is not worth a failure: whoever has it keeps it, and they ask at the socket.
is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
if [ $check = yes ] || ! is_free 8080; then flags+=(--http-listeners 127.0.0.1:0); fi
broker=127.0.0.1:$port

step "build"
mkdir -p "$state"
# What is compiled here is found by other builds in this folder, and by those of a clone in another one.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
if ! { cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DMILLRACE_UNITY=ON -DMILLRACE_TESTS=OFF &&
  cmake --build $build -j "$(nproc)"; } >"$state/build.txt" 2>&1; then
  tail -n 40 "$state/build.txt" >&2
  fail "the build failed"
fi
printf '%s is ready: %s\n' "$("$broker_program" --version)" "$build/src/app/millraced"

step "broker"
if pid=$(running_pid); then
  answers || fail "the broker runs (process $pid) but not on port $port; stop it with config/quickstart.sh --stop"
  printf 'running already, process %s\n' "$pid"
else
  start_broker
  pid=$(running_pid)
  tail -n 1 "$state/diagnostics.txt"
fi

step "publish a week of earthquakes, each a CloudEvent, with an ordinary Kafka client"
"$python" $sample publish "$broker" $topic

step "read some of them in a consumer group"
"$python" $sample read "$broker" $topic $group 1000
"$python" $sample offsets "$broker" $topic $group

step "who is how far behind, as an operator asks"
"$millrace" --server "unix:$data/admin.sock" group describe $group

step "and the rest, from where the group stands"
"$python" $sample read "$broker" $topic $group
"$python" $sample offsets "$broker" $topic $group

step "publish an event over HTTP with curl, and read it with kcat"
api() { curl -sS --fail-with-body --unix-socket "$data/admin.sock" "http://localhost/v1/$1" "${@:2}"; }
if ! api topics/$notes >"$state/notes.txt" 2>&1; then "$millrace" --server "unix:$data/admin.sock" topic create $notes -p 1 -o id; fi
api topics/$notes/events -H 'ce-specversion: 1.0' -H "ce-id: $(date +%s%N)" -H 'ce-source: /curl' -H 'ce-type: com.example.note' \
  -H 'Content-Type: text/plain' --data 'written with curl'
kcat -q -C -b "$broker" -t $notes -o -1 -e -f '%h\n%s\n' | tee "$state/by-kcat.txt"

step "and the other way round"
printf 'written with kcat\n' | kcat -P -b "$broker" -t $notes -H ce_specversion=1.0 -H "ce_id=$(date +%s%N)" -H ce_source=/kcat \
  -H ce_type=com.example.note -H content-type=text/plain
api "topics/$notes/events?source=/kcat" -H 'Accept: application/cloudevents-batch+json' | tee "$state/by-curl.txt"
echo

step "bring the strongest of them to a web hook that refuses it"
operate() { "$millrace" --server "unix:$data/admin.sock" "$@"; }
until_is() { # until_is WHAT COMMAND…: until the command succeeds
  local tenths=0 what=$1
  shift
  until "$@" >/dev/null 2>&1; do
    sleep 0.1
    tenths=$((tenths + 1))
    [ $tenths -lt 300 ] || fail "$what did not happen"
  done
}
sink=$state/sink
rm -rf "$sink"
mkdir -p "$sink"
setsid "$python" config/samples/sink.py "$sink" >/dev/null 2>&1 </dev/null &
until_is "the start of the web hook" test -s "$sink/port"
strongest=us1000chhc
subscription=$(operate sub create --topic $topic --from earliest --filter "id = '$strongest'" --sink "http://127.0.0.1:$(cat "$sink/port")/" \
  --max-attempts 3 -c backoffbase=100 -o id)
letters=dlq.$subscription.$topic
has() { operate dlq ls "$letters" --state "$1" -o id | grep -q .; } # a letter that is open, resolved, …
until_is "a dead letter" has open
operate sub show "$subscription"

step "it was tried three times, and is a dead letter now, with its reason"
operate dlq ls
operate dlq ls "$letters"
operate dlq show "$(operate dlq ls "$letters" -o id)"

step "mend the web hook, and bring the letter back"
touch "$sink/mended"
operate dlq redrive "$letters" --yes
until_is "the redrive" has resolved
operate dlq ls
printf 'the web hook has taken: %s\n' "$(cat "$sink/taken")"
taken=$(cat "$sink/taken")
operate sub delete "$subscription" --yes
rm -rf "$sink"

if [ $check = yes ]; then
  step "check"
  [ "$taken" = $strongest ] || fail "the web hook has taken \"$taken\" instead of $strongest"
  grep -qF 'ce_source=/curl' "$state/by-kcat.txt" && grep -qxF 'written with curl' "$state/by-kcat.txt" || fail "kcat does not read what curl wrote"
  grep -qF '"data":"written with kcat"' "$state/by-curl.txt" || fail "curl does not read what kcat wrote"
  kcat -q -C -b "$broker" -t $topic -o beginning -e -f '%h\n' >"$scratch/headers.txt"
  events=$(grep -c 'ce_specversion=1.0' "$scratch/headers.txt")
  [ "$events" -eq 1707 ] || fail "kcat reads $events CloudEvents instead of 1707"
  "$python" $sample offsets "$broker" $topic $group | grep -qF ' is 0 events behind' || fail "the group has a lag"
  stop_broker "$pid" || fail "the broker stopped with exit code $?"
  printf 'quickstart works\n'
  exit 0
fi

cat <<END

── the broker is running on $broker (process $pid); try
  kcat -b $broker -L                                        # what is there
  kcat -b $broker -t $topic -C -o beginning -c 3 -f '%h\n%s\n\n'   # three events with their attributes
  echo hello | kcat -b $broker -t greetings -P              # a topic is made by using it
  kcat -b $broker -t greetings -C -e
  $build/src/cli/millrace event send $notes --type com.example.note --source /me --data hello   # … and consume $notes
  $build/src/cli/millrace consume $topic -n 3               # … as blocks for people
  $build/src/cli/millrace group describe $group             # who is behind, and by how much
  $build/src/cli/millrace topic describe $topic
  config/quickstart.sh --stop
END
