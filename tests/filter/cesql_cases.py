"""cesql_cases.txt from the conformance kit of CESQL, which lies beside the project: `python3 -P cesql_cases.py --write`.

Without --write it compares the two; then it is a test.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
MADE = HERE / "cesql_cases.txt"
SHARED = HERE.parents[2] / "shared/data/cloudevents"

OPENING = """\
# What CESQL 1.0 asks of an evaluator: the 275 cases of its conformance kit (github.com/cloudevents/spec, cesql/cesql_tck,
# Apache-2.0), written down anew by cesql_cases.py. [the kit's file], then a line for each case:
#
#   <expression> => <value> ! <error> with <attributes>
#
# The value and the attributes are JSON; "! …" and "with …" stand only where there is something to say. The event has
# specversion 1.0, id myId, source localhost.localdomain, type myType, and the attributes in place of or beside these.
# "erratum …": the kit says so, and contradicts the text of the standard.
"""


def load(path):
    import yaml

    class Plain(yaml.SafeLoader):
        """Times stay the texts that they are."""

    Plain.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    text = path.read_text()
    cases = yaml.load(text, Plain)["tests"]
    # Expressions are texts, whatever YAML would make of TRUE and -10.
    for case, as_written in zip(cases, yaml.load(text, yaml.BaseLoader)["tests"]):
        case["expression"] = as_written["expression"]
    return cases


def answer(value, error):
    text = "" if error == "parse" else json.dumps(value, ensure_ascii=False)
    return f"{text} ! {error}".strip() if error else text


def line_of(case, erratum):
    told = erratum["expected"] if erratum else case
    line = f"{case['expression']} => {answer(told.get('result'), told.get('error'))}"
    attributes = case.get("event") or case.get("eventOverrides")
    if attributes:
        line += " with " + json.dumps(attributes, ensure_ascii=False)
    if erratum:
        line += f" erratum {answer(case.get('result'), case.get('error'))}"
    return line


def cases():
    errata = json.loads((SHARED / "cesql-tck-errata.json").read_text())["errata"]
    lines = [OPENING]
    for path in sorted((SHARED / "cesql-tck").glob("*.yaml")):
        lines.append(f"[{path.stem}]\n")
        for case in load(path):
            found = [e for e in errata if (e["file"], e["name"]) == (path.name, case["name"])]
            lines.append(line_of(case, found[0] if found else None) + "\n")
        lines.append("\n")
    return "".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    if not (SHARED / "cesql-tck").is_dir():
        sys.exit(print(f"skipped: {SHARED.name}/cesql-tck is not beside the project") or 0)
    if "--write" in sys.argv:
        MADE.write_text(cases())
    elif MADE.read_text() != cases():
        sys.exit("cesql_cases.txt is not what the kit says: run this with --write, and see what has changed")
    else:
        print("cesql_cases.txt has the cases of the kit")
