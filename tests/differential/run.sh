#!/usr/bin/env bash
# Sends one script of requests to Apache Kafka 4 and to millraced and compares the answers field by field.
#
#   tests/differential/run.sh [CHAPTER…]    every chapter of script/, or these
#
# MILLRACED names the daemon; else the newest build is taken. Prints a line for each request, then "N passed, M failed".

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/support/daemon.sh
. tests/support/daemon.sh
mkdir -p build/differential
exec /usr/bin/python3 -B tests/differential/runner.py build/differential "$@"
