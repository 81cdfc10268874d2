"""The checks check: a journal with a planted violation is noticed, and the wire layouts are read as they are written."""

import pytest

from harness import batches, messages, schema
from harness.journal import Journal
from harness.records import Record


def promised():
    """A journal of three acknowledged records of one partition, and the log that keeps the promise."""
    journal = Journal()
    for offset, value in enumerate([b"a", b"b", b"c"]):
        journal.note_sent("p", value)
        journal.note_acked(0, offset, value)
        journal.note_seen(0, offset, value)
    return journal, [(0, b"a"), (1, b"b"), (2, b"c")]


def found(journal, log):
    return {v.split(":")[0] for v in journal.check({0: log}, idempotent=True)}


def test_a_kept_promise_is_not_blamed():
    journal, log = promised()
    assert found(journal, log) == set()


PLANTED = {
    "a lost record": (lambda j, log: log.pop(), "C-1"),
    "a record twice": (lambda j, log: log.append((3, b"a")), "C-2"),
    "another value at the offset": (lambda j, log: log.__setitem__(1, (1, b"c")), "C-3"),
    "an offset promised twice": (lambda j, log: j.note_acked(0, 1, b"z"), "C-3"),
    "a reader that saw what is gone": (lambda j, log: j.note_seen(0, 3, b"d"), "C-3/C-5"),
    "a reader that was sent back": (lambda j, log: j.note_seen(0, 1, b"b"), "C-6"),
    "a hole": (lambda j, log: log.__setitem__(2, (3, b"c")), "C-10"),
    "a record nobody sent": (lambda j, log: log.append((3, b"ghost")), "C-11"),
}


@pytest.mark.parametrize("what", PLANTED)
def test_the_journal_notices(what):
    plant, code = PLANTED[what]
    journal, log = promised()
    plant(journal, log)
    assert code in found(journal, log)


def test_the_journal_notices_a_changed_order():
    journal = Journal()
    for value in (b"a", b"b"):
        journal.note_sent("p", value)
    assert found(journal, [(0, b"b"), (1, b"a")]) == {"C-7"}


def test_the_journal_notices_a_commit_that_went_back():
    journal = Journal()
    journal.note_commit("g", 0, 7)
    assert journal.check_commits({("g", 0): 7}) == []
    assert journal.check_commits({("g", 0): 6})[0].startswith("C-9")


@pytest.mark.parametrize("flexible", [False, True])
def test_what_is_encoded_is_decoded(flexible):
    fields = schema.parse("name:str? n:i32 list[]{id:i64 parts[i32]?}@1+ old:i8@≤0 note:str#0@1+")
    values = {"name": None, "n": -5, "list": [{"id": 1 << 40, "parts": [1, 2]}, {"id": 0, "parts": None}]}
    if flexible:
        values["note"] = "tagged"
    encoder = schema.Encoder(1, flexible)
    encoder.struct(fields, values)
    decoder = schema.Decoder(bytes(encoder.out), 1, flexible)
    assert decoder.struct(fields) == values
    assert decoder.at == len(encoder.out)


def test_every_layout_can_be_read():
    for api in messages.BY_NAME.values():
        assert api.request_fields() is not None and api.response_fields()


@pytest.mark.parametrize("codec", batches.CODECS)
def test_a_built_batch_is_read_back(codec):
    records = [Record(b"k", b"v" * 500, (("h", None),), 1_700_000_000_000), Record(None, None, (), 1_700_000_000_005)]
    (batch,) = batches.split(batches.build(records, codec=codec))
    assert [r for _, r in batch.records()] == records
    assert (batch.codec, batch.max_timestamp) == (codec, 1_700_000_000_005)


def test_a_damaged_batch_is_not_read():
    data = bytearray(batches.build([Record(b"k", b"v", (), 0)]))
    data[-2] ^= 1
    with pytest.raises(AssertionError):
        batches.split(bytes(data))
