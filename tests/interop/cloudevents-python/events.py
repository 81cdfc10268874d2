"""The events that are published, and what is compared of one: attributes as canonical strings, and the data."""

import base64
import json
import pathlib
import re
from datetime import datetime, timezone

TABLE = json.loads((pathlib.Path(__file__).parent.parent / "cloudevents" / "events.json").read_text())


def is_json(kind):
    return re.match(r"application/(.*\+)?json\b", kind or "") is not None


def canonical(name, value):
    if name == "time":
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else str(value)


def data(row):
    if "base64" in row:
        return base64.b64decode(row["base64"])
    return row.get("json", row.get("text"))


def compared(attributes, data):
    """JSON is compared as a value, all else as bytes; no data are no bytes."""
    told = {name: canonical(name, value) for name, value in attributes.items() if value is not None}
    if data is None or not is_json(told.get("datacontenttype")):
        data = data.encode() if isinstance(data, str) else data or b""
    return told, data
