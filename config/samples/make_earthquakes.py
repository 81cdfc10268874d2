#!/usr/bin/python3
"""Turns a USGS earthquake feed (GeoJSON) into the sample: one Kafka record a line, as a CloudEvent in binary mode.

usage: make_earthquakes.py FEED.geojson > earthquakes.jsonl

Each line is an object with key, timestamp (milliseconds), headers and value, oldest quake first. See README.md.
"""

import json
import sys
from datetime import datetime, timezone


def rfc3339(milliseconds):
    moment = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def record_of(quake, source):
    facts = quake["properties"]
    return {
        "key": facts["net"],
        "timestamp": facts["time"],
        "headers": {
            "ce_specversion": "1.0",
            "ce_id": quake["id"],
            "ce_source": source,
            "ce_type": f"gov.usgs.earthquake.{facts['status']}",
            "ce_subject": facts["place"],
            "ce_time": rfc3339(facts["time"]),
            "content-type": "application/json",
        },
        "value": quake,
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        feed = json.load(file)
    quakes = sorted(feed["features"], key=lambda quake: (quake["properties"]["time"], quake["id"]))
    for quake in quakes:
        record = record_of(quake, feed["metadata"]["url"])
        print(json.dumps(record, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
