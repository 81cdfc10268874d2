"""The explained differences: read, matched, and printed as the table of docs/compatibility.md.

An entry of differences.toml says `what` differs and `why`; `steps` names the requests and `where` the fields, each with
what Kafka and millrace say there: "topics/*/error_code: 42 → 3". `*` stands for anything. A step and a field that match
nothing in a whole run fail it: the list is true or it is of no use.
"""

import functools
import pathlib
import re
import sys
import tomllib
from dataclasses import dataclass, field

FILE = pathlib.Path(__file__).parent / "differences.toml"
PAGE = FILE.parent.parent.parent / "docs" / "compatibility.md"
BEGIN, END = "<!-- table of differences.toml -->\n", "<!-- end of table -->\n"


@functools.cache
def _pattern(glob):
    return re.compile(".*".join(re.escape(part) for part in glob.split("*")), re.DOTALL)


@dataclass
class Difference:
    what: str
    why: str
    steps: list
    where: list
    seen: set = field(default_factory=set)

    def covers(self, step, path, kafka, millrace):
        steps = [s for s in self.steps if _pattern(s).fullmatch(step)]
        where = [w for w in self.where if _pattern(w).fullmatch(f"{path}: {kafka} → {millrace}")] if steps else []
        if where:
            self.seen.update(steps + where)
        return bool(where)

    def stale(self):
        return [part for part in self.steps + self.where if part not in self.seen]


def load(file=FILE):
    return [Difference(**entry) for entry in tomllib.loads(file.read_text())["difference"]]


def table(differences):
    rows = dict.fromkeys(f"| {d.what} | {d.why} |" for d in differences)
    return "\n".join(["| What | Why |", "|---|---|", *rows]) + "\n"


def page_with(text, rows):
    """The page with its table of differences replaced."""
    begin = text.index(BEGIN) + len(BEGIN)
    return text[:begin] + rows + text[text.index(END, begin) :]


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page_with(PAGE.read_text(), table(load())))
    elif page_with(PAGE.read_text(), table(load())) != PAGE.read_text():
        sys.exit(f"{PAGE.name} differs from differences.toml: python3 {__file__} --write")
