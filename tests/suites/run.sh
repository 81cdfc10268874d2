#!/usr/bin/env bash
# Runs the test suites of other people's clients against the daemon and compares with what expected.toml says of each test.
#
#   tests/suites/run.sh [--all] [--consumer-protocol] [SUITE [TEST…]]
#
# Without --all the long tests are left out, those that expected.toml marks as slow. librdkafka's tests are played with
# groups of the classic protocol, and those that have groups with the consumer protocol as well; with --consumer-protocol
# all of them with that one alone. MILLRACED names the daemon; else the newest build is taken.
# Prints a line for each test, then "N passed, M failed".

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/support/daemon.sh
. tests/support/daemon.sh
mkdir -p build/suites
exec /usr/bin/python3 -B tests/suites/runner.py build/suites "$@"
