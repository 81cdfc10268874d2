#!/usr/bin/env bash
# Drives the daemon with the clients of other ecosystems, each installed from its own registry into build/interop/.
#
#   tests/interop/run.sh [CLIENT…]    every client of clients.py, or these
#
# MILLRACED names the daemon; else the newest build is taken. Prints a line for each scenario, then "N passed, M failed".

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
MILLRACED=$(realpath "$MILLRACED")
export MILLRACED
mkdir -p build/interop
exec /usr/bin/python3 -B tests/interop/runner.py build/interop "$@"
