# Sourced from the root of the tree by what drives the daemon: MILLRACED names it, the newest build unless it is set. Without
# one, says so in the words that tests/run.sh counts, and ends the script.

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
