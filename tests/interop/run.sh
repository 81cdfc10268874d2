#!/usr/bin/env bash
# Drives the daemon with the clients of other ecosystems, each installed from its own registry into build/interop/.
#
#   tests/interop/run.sh [CLIENT…]    every client of clients.py, or these
#
# MILLRACED names the daemon; else the newest build is taken. Prints a line for each scenario, then "N passed, M failed".

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/support/daemon.sh
. tests/support/daemon.sh
mkdir -p build/interop
exec /usr/bin/python3 -B tests/interop/runner.py build/interop "$@"
