"""docs/openapi.yaml, and src/http/openapi.json that is made from it: `python3 -P openapi.py --write`."""

import json
import pathlib
import re
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
SOURCE = ROOT / "docs/openapi.yaml"
MADE = ROOT / "src/http/openapi.json"
METHODS = {"get", "post", "patch", "put", "delete"}


def document():
    return yaml.safe_load(SOURCE.read_text())


def as_json(described):
    return json.dumps(described, indent=1) + "\n"


def operations(described):
    """{(method, path): operation}"""
    return {(m.upper(), path): item[m] for path, item in described["paths"].items() for m in METHODS & item.keys()}


def routes():
    """What src/http/api.cpp serves, as (method, path)."""
    found = re.findall(r"\{Method::(\w+?)_?, \"([^\"]+)\"", (ROOT / "src/http/api.cpp").read_text())
    return {(method.upper(), path) for method, path in found}


def schema_of(described, method, path, status, content_type):
    """The schema of that answer; None: it has no body. KeyError: it is not described."""
    answers = operations(described)[method, path]["responses"]
    answer = answers[str(status)] if str(status) in answers else answers["default"]
    if "$ref" in answer:
        answer = described["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    return answer["content"][content_type]["schema"] if "content" in answer else None


def check(described, schema, value):
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": described["components"]}
    jsonschema.validate(value, whole | {"allOf": [schema]})


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    MADE.write_text(as_json(document()))
