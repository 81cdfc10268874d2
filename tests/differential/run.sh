#!/usr/bin/env bash
# Sends one script of requests to Apache Kafka 4 and to millraced and compares the answers field by field.
#
#   tests/differential/run.sh [CHAPTER…]    every chapter of script/, or these
#
# MILLRACED names the daemon; else the newest build is taken. Prints a line for each request, then "N passed, M failed".

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

if [ -z "${MILLRACED:-}" ]; then
  # shellcheck disable=SC2012
  MILLRACED=$(ls -t build/*/src/app/millraced 2>/dev/null | head -1)
  if [ -z "$MILLRACED" ]; then
    echo "not ok: no millraced under build/: build it, or name it with MILLRACED"
    echo "0 passed, 1 failed"
    exit 1
  fi
fi
export MILLRACED
mkdir -p build/differential
exec /usr/bin/python3 -B tests/differential/runner.py build/differential "$@"
