"""The comparison notices what it must, and the page has the differences that are explained. Needs no broker."""

import pathlib
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import differences
import pytest
from compare import Comparison
from harness import batches
from harness.messages import BY_NAME
from language import ALL, NEWEST, Made, Ref, Step, at_path, resolve
from script import chapters

ZERO, ONE, TWO, THREE = bytes(16), b"\1" * 16, b"\2" * 16, b"\3" * 16
MEMBER = "e2e-01234567-89ab-cdef-0123-456789abcdef"
OTHER = "e2e-76543210-89ab-cdef-0123-456789abcdef"


def found(a, b, comparison=None):
    return (comparison or Comparison()).differences(a, b)


@pytest.mark.parametrize("field", ["error_code", "offset", "name", "leader_id", "throttle_time_ms"])
def test_values_are_compared_by_value(field):
    assert not found({field: 3}, {field: 3})
    assert found({field: 3}, {field: 4}) == [(field, "3", "4")]


def test_a_field_or_element_that_one_side_lacks_is_a_difference():
    assert found({"a": 1, "b": 2}, {"a": 1}) == [("b", "2", "absent")]
    assert found({"l": [1]}, {"l": [1, 2]}) == [("l/1", "absent", "2")]
    assert found({"a": {}}, {"a": None}) and found({"a": []}, {"a": None}) and found({"a": ""}, {"a": None})


def test_named_elements_are_compared_by_name():
    a, b = {"name": "a", "error_code": 0}, {"name": "b", "error_code": 3}
    assert not found({"topics": [a, b]}, {"topics": [b, a]})
    assert found({"topics": [a, b]}, {"topics": [b, a | {"error_code": 7}]}) == [("topics/a/error_code", "0", "7")]
    assert found({"topics": [a, a]}, {"topics": [a]}) == [("topics/a'", "present", "absent")]


@pytest.mark.parametrize(
    "field, values",
    [
        ("topic_id", (ONE, TWO, THREE)),
        ("producer_id", (0, 1000, 7)),
        ("port", (1, 2, 3)),
        ("cluster_id", ("x", "y", "z")),
    ],
)
def test_a_drawn_value_stands_for_one_of_the_other_side_throughout(field, values):
    comparison = Comparison()
    one, two, three = values
    assert not found({field: one}, {field: two}, comparison)
    assert not found({field: one}, {field: two}, comparison)
    assert found({field: one}, {field: three}, comparison)
    assert found({field: three}, {field: two}, comparison)


def test_no_id_is_no_id_on_both_sides():
    assert found({"topic_id": ZERO}, {"topic_id": ONE}) and found({"producer_id": -1}, {"producer_id": 5})
    assert found({"session_id": 7}, {"session_id": 0}) and found({"member_id": ""}, {"member_id": MEMBER})
    assert not found({"member_id": MEMBER}, {"member_id": OTHER})
    assert found({"member_id": MEMBER}, {"member_id": "x" + OTHER}), "the part before the drawn one counts"


def test_elements_with_drawn_names_are_matched_by_what_they_stand_for():
    comparison = Comparison()
    found([{"id": 0, "topic_id": ONE}], [{"id": 0, "topic_id": TWO}], comparison)
    found([{"id": 0, "topic_id": TWO}], [{"id": 0, "topic_id": THREE}], comparison)
    a = [{"topic_id": ONE, "error_code": 0}, {"topic_id": TWO, "error_code": 3}]
    b = [{"topic_id": THREE, "error_code": 3}, {"topic_id": TWO, "error_code": 0}]
    assert not found(a, b, comparison)
    b[0]["error_code"] = 4
    assert len(found(a, b, comparison)) == 1


def test_times_are_equal_or_the_present():
    now = int(time.time() * 1000)
    assert not found({"log_append_time_ms": now}, {"log_append_time_ms": now + 500})
    assert found({"log_append_time_ms": now}, {"log_append_time_ms": -1})
    assert found({"timestamp": 5}, {"timestamp": 6}) and not found({"timestamp": 5}, {"timestamp": 5})


def test_texts_are_there_or_not():
    assert not found({"error_message": "one way"}, {"error_message": "another"})
    assert found({"error_message": None}, {"error_message": "text"}) and found(
        {"error_message": ""}, {"error_message": "t"}
    )


def test_records_are_compared_field_by_field():
    from language import record

    data = batches.build([record(), record(b"two")])
    assert not found({"records": data}, {"records": data})
    paths = [path for path, _, _ in found({"records": data}, {"records": batches.build([record(), record(b"2")])})]
    assert paths == ["records/0/content/1/value"]
    assert found({"records": data}, {"records": b""}) and found({"records": b""}, {"records": None})
    packed = batches.build([record(), record(b"two")], codec="gzip")
    assert [path for path, _, _ in found({"records": data}, {"records": packed})] == ["records/0/attributes"]


def entry(**more):
    whole = {"what": "w", "why": "y", "steps": ["topics: * (Metadata v*"], "where": ["topics/*/error_code: 3 → 0"]}
    return differences.Difference(**(whole | more))


def test_an_explanation_covers_what_it_says_and_no_more():
    one = entry()
    step = "topics: of all (Metadata v4)"
    assert one.covers(step, "topics/a/error_code", "3", "0")
    assert not one.covers("groups: of all (Metadata v4)", "topics/a/error_code", "3", "0")
    assert not one.covers(step, "topics/a/error_code", "3", "5")
    assert not one.covers(step, "topics/a/name", "3", "0")


def test_an_explanation_that_explains_nothing_is_stale():
    one = entry(where=["a: 1 → 2", "b: 1 → 2"])
    one.covers("topics: of all (Metadata v4)", "a", "1", "2")
    assert one.stale() == ["b: 1 → 2"]
    assert entry().stale()


def test_every_explanation_is_a_sentence_with_a_reason():
    for one in differences.load():
        assert one.what.endswith(".") and one.why.endswith(".") and one.steps and one.where


def test_the_page_has_the_differences():
    page = differences.PAGE.read_text()
    assert differences.page_with(page, differences.table(differences.load())) == page, "differences.py --write"


def test_references_and_versions_are_filled_in():
    known = {"me": "m-1"}
    fields = {"a": Ref("me"), "b": ["{v}", Ref("you")], "c": Made(lambda **x: x, {"pid": Ref("me")})}
    assert resolve(fields, known, 7) == {"a": "m-1", "b": ["7", None], "c": {"pid": "m-1"}}
    assert at_path({"topics": [{"id": 3}]}, "topics.0.id") == 3 and at_path({"topics": []}, "topics.0.id") is None


def test_every_step_can_be_sent():
    names = set()
    for chapter in chapters():
        for step in chapter.steps:
            assert step.mode == "raw" or step.api in BY_NAME, step
            assert step.versions in (ALL, NEWEST) or isinstance(step.versions, list), step
            names.add(chapter.name)
    assert len(names) == len(chapters())
    assert Step("a", "b", "Metadata", {}).name(3) == "a: b (Metadata v3)"
