#!/usr/bin/env bash
# Installs what the tests need, builds, and runs every test that needs nothing but Debian packages.
#
#   tests/run.sh               everything: release, sanitizers, clang, format
#   tests/run.sh --quick       one release build and all of its tests
#   tests/run.sh --tidy        clang-tidy over the sources as well (minutes)
#   tests/run.sh --interop     what needs more registries than Debian's: comparison with Apache Kafka, other clients, their suites
#   tests/run.sh --no-install  with the packages that are there
#
# A step that fails does not stop the next one. The last line counts; the exit code is 0 only if nothing failed.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source=config/install.sh
. config/install.sh

quick=no tidy=no interop=no install=yes
for word in "$@"; do
  case $word in
    --quick) quick=yes ;;
    --tidy) tidy=yes ;;
    --interop) interop=yes ;;
    --no-install) install=no ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

jobs=$(nproc)
passed=0
failed=0
failures=()

heading() { printf '\n== %s (%d s so far)\n' "$*" "$SECONDS"; }

count() { # count WHAT COMMAND…: one check that passes or fails
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    failures+=("$what")
    printf 'FAILED: %s\n' "$what"
  fi
}

build() { # build PRESET [-D…] [-- TARGET…]
  local preset=$1 options=() log
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  [ $# -eq 0 ] || shift
  log=build/$preset/build.txt
  mkdir -p "build/$preset"
  if ! { cmake --preset "$preset" "${options[@]}" && cmake --build "build/$preset" -j "$jobs" ${1:+--target "$@"}; } \
    >"$log" 2>&1; then
    grep -E -A12 'error|FAILED|Error' "$log" | head -80
    return 1
  fi
  # The release is compiled with the same flags everywhere, so it has no -Werror; a warning fails it all the same, but
  # for two that gcc 12 raises inside the standard library when it inlines.
  if grep -F 'warning:' "$log" | grep -vE 'Wstringop-overread|Wdangling-pointer'; then return 1; fi
}

tests_in() { # tests_in PRESET [ctest arguments…]: adds ctest's counts
  local preset=$1 log total bad line
  shift
  log=build/$preset/tests.txt
  # Many wait for most of their time.
  "${launcher[@]}" ctest --test-dir "build/$preset" -j "$((jobs + 1))" --output-on-failure "$@" 2>&1 | tee "$log" |
    grep -vE '^ +Start +[0-9]+:'
  line=$(grep -oE '[0-9]+ tests failed out of [0-9]+' "$log" | tail -1)
  if [ -z "$line" ]; then
    failed=$((failed + 1))
    failures+=("$preset: no test ran")
    return
  fi
  bad=${line%% *}
  total=${line##* }
  passed=$((passed + total - bad))
  failed=$((failed + bad))
  if [ "$bad" -gt 0 ]; then
    while read -r name; do failures+=("$preset: $name"); done < <(
      sed -n '/The following tests FAILED/,$s/^[[:space:]]*[0-9]* - \([^ ]*\) .*/\1/p' "$log")
  fi
}

lines_of() { # lines_of WHAT COMMAND…: adds the counts of its last line, "N passed, M failed"; shows all but what is good
  local what=$1 log line
  shift
  log=build/$what.txt
  "$@" 2>&1 | tee "$log" | grep -v '^ok '
  line=$(grep -oE '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -1)
  if [ -z "$line" ]; then
    failed=$((failed + 1))
    failures+=("$what: it did not come to its end")
    return
  fi
  passed=$((passed + ${line%% *}))
  line=${line#*, }
  failed=$((failed + ${line%% *}))
  while read -r name; do failures+=("$what: $name"); done < <(sed -n 's/^not ok:\{0,1\} //p' "$log")
}

formatted() {
  git ls-files -z -- '*.hpp' '*.cpp' | xargs -0 clang-format-19 --dry-run -Werror
}

tidied() {
  cmake --preset clang >/dev/null && git ls-files -z -- 'src/*.cpp' |
    xargs -0 -n 4 -P "$jobs" clang-tidy-19 -p build/clang --quiet
}

# A clone in another folder finds what this one compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=second_deadlock_stack=1
launcher=()

if [ $install = yes ]; then
  heading "packages"
  sections=(build quickstart test)
  if [ $quick = no ]; then sections+=(clang); fi
  if [ $tidy = yes ]; then sections+=(tidy); fi
  if [ $interop = yes ]; then sections+=(interop); fi
  install_packages "${sections[@]}" || exit 1
fi

heading "gcc, release: every test"
count "release: build" build release -DMILLRACE_UNITY=ON
tests_in release

if [ $quick = no ]; then
  heading "gcc, address and undefined-behaviour sanitizers: every test but the package, the longest clients and what is timed"
  count "asan: build" build asan -DMILLRACE_WERROR=ON
  tests_in asan -E '^(package|e2e_test_(durability|groups|librdkafka|kafka_python|confluent|cli_records|metrics|scale|tracing))'

  heading "clang, thread sanitizer: every test with threads, and one with a client"
  # With much address randomisation ThreadSanitizer finds no room for its memory map.
  if setarch "$(uname -m)" -R true 2>/dev/null; then launcher=(setarch "$(uname -m)" -R); fi
  count "tsan: build" build tsan -DMILLRACE_WERROR=ON -- tests millraced
  tests_in tsan -LE e2e
  tests_in tsan -R '^e2e_test_kcat$'
  launcher=()

  heading "format"
  count "clang-format" formatted
fi

if [ $interop = yes ]; then
  heading "comparison with Apache Kafka"
  lines_of differential env MILLRACED=build/release/src/app/millraced tests/differential/run.sh
  heading "clients of other ecosystems"
  lines_of interop env MILLRACED=build/release/src/app/millraced tests/interop/run.sh
  heading "test suites of other people's clients"
  lines_of suites env MILLRACED=build/release/src/app/millraced tests/suites/run.sh
fi

if [ $tidy = yes ]; then
  heading "clang-tidy"
  count "clang-tidy" tidied
fi

heading "done"
for failure in "${failures[@]}"; do printf 'failed: %s\n' "$failure"; done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
