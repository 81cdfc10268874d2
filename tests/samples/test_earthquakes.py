"""The shipped sample against the rules it claims to follow: CloudEvents 1.0 and its Kafka binding in binary mode."""

import json
import pathlib
import re
import subprocess
import sys
from datetime import datetime, timezone

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "config" / "samples"
FEED = ROOT.parent / "shared" / "data" / "usgs-earthquakes-all-week.geojson"

RECORDS = [json.loads(line) for line in (SAMPLES / "earthquakes.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_whole_week_is_there_once():
    assert len(RECORDS) == 1707
    assert len({(r["headers"]["ce_source"], r["headers"]["ce_id"]) for r in RECORDS}) == 1707


def test_every_event_has_the_required_attributes_and_they_are_not_empty():
    for record in RECORDS:
        for name in ("ce_specversion", "ce_id", "ce_source", "ce_type"):
            assert record["headers"][name]
        assert record["headers"]["ce_specversion"] == "1.0"


def test_attributes_are_headers_with_the_prefix_and_the_type_of_the_data_is_without():
    for record in RECORDS:
        names = set(record["headers"])
        assert "content-type" in names and "ce_datacontenttype" not in names
        assert not record["headers"]["content-type"].startswith("application/cloudevents"), "that would be structured"
        for name in names - {"content-type"}:
            assert re.fullmatch(r"ce_[a-z0-9]{1,20}", name)


def test_time_is_rfc_3339_in_utc_and_equal_to_the_quakes_and_the_records():
    for record in RECORDS:
        text = record["headers"]["ce_time"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
        assert round(moment.timestamp() * 1000) == record["timestamp"] == record["value"]["properties"]["time"]


def test_the_key_is_the_network_and_the_id_is_the_quakes():
    for record in RECORDS:
        assert record["key"] == record["value"]["properties"]["net"]
        assert record["headers"]["ce_id"] == record["value"]["id"]


def test_events_stand_in_the_order_in_which_they_happened():
    times = [record["timestamp"] for record in RECORDS]
    assert times == sorted(times)


def test_no_control_character_hides_in_an_attribute():
    for record in RECORDS:
        assert all(text.isprintable() for text in record["headers"].values())


@pytest.mark.skipif(not FEED.exists(), reason="the feed that the sample was made from is not beside this tree")
def test_the_sample_is_what_the_tool_makes_of_the_feed():
    made = subprocess.run([sys.executable, SAMPLES / "make_earthquakes.py", FEED], check=True, capture_output=True)
    assert made.stdout == (SAMPLES / "earthquakes.jsonl").read_bytes()
    quakes = {quake["id"]: quake for quake in json.loads(FEED.read_bytes())["features"]}
    assert all(quakes[record["headers"]["ce_id"]] == record["value"] for record in RECORDS)
