"""What becomes of each test, as expected.toml says: python3 expected.py [--write] compares docs/compatibility.md with it."""

import pathlib
import sys
import tomllib
from typing import NamedTuple

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "compatibility.md"
END = "<!-- end of table -->"


class Expected(NamedTuple):
    verdict: str
    why: str
    slow: bool


def _told(suite):
    return tomllib.loads((HERE / "expected.toml").read_text())[suite]


def of(suite, protocol="classic"):
    told = _told(suite)
    slow = set(told.get("slow", []))
    table = {test: Expected("passed", "", test in slow) for test in told["passed"]}
    for group in told["otherwise"] + (told.get("in_consumer_protocol", []) if protocol == "consumer" else []):
        table |= {test: Expected(group["verdict"], group["why"], test in slow) for test in group["tests"]}
    return table


def with_groups(suite):
    """The tests that a usual run plays in the consumer protocol as well."""
    return set(_told(suite)["with_groups"])


def written(suite):
    protocols = ("classic", "consumer") if "with_groups" in _told(suite) else ("classic",)
    titles = [f"{protocol.title()} protocol" for protocol in protocols] if len(protocols) > 1 else ["Result"]
    lines = [f"| Test | {' | '.join(titles)} | |", "|---" * (len(titles) + 2) + "|"]
    tables = [of(suite, protocol) for protocol in protocols]
    for test in sorted(tables[0]):
        found = [table[test] for table in tables]
        notes = list(dict.fromkeys(expected.why for expected in found if expected.why))
        if found[0].slow:
            notes.append("Left out of the usual run for its length.")
        lines.append(f"| `{test}` | {' | '.join(expected.verdict for expected in found)} | {' '.join(notes)} |")
    return "\n".join(lines)


def main(*words):
    page = PAGE.read_text()
    for suite in ("librdkafka", "kafka-python"):
        begin = f"<!-- table of tests/suites/expected.toml: {suite} -->\n"
        before, rest = page.split(begin)
        page = before + begin + written(suite) + "\n" + END + rest.split(END, 1)[1]
    if "--write" in words:
        PAGE.write_text(page)
    elif page != PAGE.read_text():
        print("docs/compatibility.md does not say what expected.toml does: python3 tests/suites/expected.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
