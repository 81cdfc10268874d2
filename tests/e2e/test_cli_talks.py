"""millrace sub, dlq, view: what they ask in which order, and what they make of the answers. The door is a test's own."""

import json
import signal

import pytest

from harness.cli import DONE, REFUSED, UNREACHABLE, WRONG_USAGE, millrace, said, start
from harness.scripted import door
from harness.waiting import wait_until

SUBSCRIPTION = {
    "id": "s-1", "types": ["a"], "filters": [{"prefix": {"type": "x"}}], "sink": "https://a.example/", "protocol": "HTTP",
    "protocolsettings": {"headers": {"A": "1"}}, "sinkcredential": {"credentialtype": "PLAIN", "identifier": "me"},
    "config": {"topic": "orders", "startfrom": "latest", "maxattempts": "10", "ordering": "key"},
}  # fmt: skip
STATUS = {name: 0 for name in ("lag", "unsettled", "ready", "parked", "acquired", "waiting", "archiving", "dead",
                               "acknowledged", "failed", "died")} | {"state": "active", "reason": "", "partitions": []}  # fmt: skip
SHOWN = SUBSCRIPTION | {"status": STATUS}
PATH = "/v1/subscriptions"


def letter(number, died_at="2026-05-01T12:00:00.000Z", **more):
    return {"id": f"g~t~0~{number}~0", "state": "open", "reason": "expired", "code": None, "message": "too old",
            "attempts": 0, "died_at": died_at, "event": {"id": str(number), "source": "/s", "type": "x"}} | more  # fmt: skip


class TestSubscriptions:
    def test_one_is_made_of_options(self):
        with door({f"POST {PATH}": (201, SHOWN), f"POST {PATH}?dry_run=true": (200, SHOWN)}) as at:
            options = ["--type", "a", "--type", "b", "--topic", "orders", "--from", "earliest", "--max-age", "12h",
                       "-c", "locktime=5000", "--filter", "n > 1"]  # fmt: skip
            assert said(millrace("sub", "create", *options, "-o", "id", server=at.address)) == "s-1\n"
            made = {"types": ["a", "b"], "filters": [{"sql": "n > 1"}],
                    "config": {"topic": "orders", "startfrom": "earliest", "maxage": "43200000", "locktime": "5000"}}  # fmt: skip
            assert at.asked == [(f"POST {PATH}", made)]
            said(millrace("sub", "create", *options, "--dry-run", server=at.address))
            assert at.asked[1:] == [(f"POST {PATH}?dry_run=true", made)]

    def test_one_is_made_of_a_file_with_options_on_top(self, tmp_path):
        whole = {"sink": "https://a.example/", "protocol": "HTTP", "config": {"topic": "orders"}}
        (tmp_path / "sub.json").write_text(json.dumps(whole))
        with door({f"POST {PATH}": (201, SHOWN)}) as at:
            said(millrace("sub", "create", "-f", tmp_path / "sub.json", "--source", "/s", server=at.address))
            said(millrace("sub", "create", "-f", "-", stdin=json.dumps(whole), server=at.address))
            assert [body for _, body in at.asked] == [whole | {"source": "/s"}, whole]

    @pytest.mark.parametrize("content, words", [("[]", "no JSON object"), ("{", "no JSON"), (None, "cannot be read")])
    def test_a_file_that_is_none_is_not_sent(self, tmp_path, content, words):
        file = tmp_path / "sub.json"
        if content is not None:
            file.write_text(content)
        with door({}) as at:
            done = millrace("sub", "create", "--file", file, server=at.address)
            assert (done.returncode, at.asked) == (REFUSED, []) and words in done.stderr

    def test_all_that_is_wrong_is_said(self):
        problem = {"title": "The request cannot be carried out", "detail": "two things", "errors": [
            {"pointer": "/config/maxage", "rule": "SUB-14", "detail": "is 0"},
            {"pointer": "/sink", "rule": "SUB-4", "detail": "is no URL"}]}  # fmt: skip
        with door({f"POST {PATH}": (400, problem)}) as at:
            done = millrace("sub", "create", "--topic", "t", server=at.address)
            assert done.returncode == REFUSED and done.stdout == ""
            assert done.stderr == ("millrace: The request cannot be carried out:\n"
                                   "  /config/maxage: is 0 (SUB-14)\n  /sink: is no URL (SUB-4)\n")  # fmt: skip

    def test_an_update_changes_what_is_named(self):
        with door({f"GET {PATH}/s-1": (200, SHOWN), f"PUT {PATH}/s-1": (200, SHOWN)}) as at:
            said(millrace("sub", "update", "s-1", "--max-attempts", "20", "--type", "", "--header", "B=2", server=at.address))
            changed = json.loads(json.dumps(SUBSCRIPTION))
            del changed["types"]
            changed["config"]["maxattempts"] = "20"
            changed["protocolsettings"]["headers"]["B"] = "2"
            assert at.asked == [(f"GET {PATH}/s-1", None), (f"PUT {PATH}/s-1", changed)]
            assert millrace("sub", "update", "s-1", server=at.address).returncode == WRONG_USAGE

    def test_an_update_of_nobody_changes_nothing(self):
        with door({}) as at:
            done = millrace("sub", "update", "none", "--max-attempts", "20", server=at.address)
            assert done.returncode == REFUSED and "millrace sub ls" in done.stderr and len(at.asked) == 1

    def test_a_deletion_needs_a_yes(self):
        with door({f"DELETE {PATH}/s-1": (204, None)}) as at:
            done = millrace("sub", "delete", "s-1", server=at.address)
            assert (done.returncode, at.asked) == (WRONG_USAGE, []) and "--yes" in done.stderr
            assert said(millrace("sub", "delete", "s-1", "--yes", server=at.address)) == ""
            assert at.asked == [(f"DELETE {PATH}/s-1", None)]

    def test_they_are_listed_shown_and_resumed(self):
        with door({f"GET {PATH}": (200, [SHOWN]), f"GET {PATH}/s-1": (200, SHOWN), f"POST {PATH}/s-1:resume": (200, SHOWN)}) as at:
            row = ["s-1", "orders", "https://a.example/", "active", "0", "0", "0"]
            assert said(millrace("sub", "ls", server=at.address)).splitlines()[1].split() == row
            assert said(millrace("sub", "ls", "-o", "id", server=at.address)) == "s-1\n"
            assert json.loads(said(millrace("sub", "show", "s-1", "-o", "json", server=at.address))) == SHOWN
            assert "state         active\n" in said(millrace("sub", "resume", "s-1", server=at.address))
            assert at.types == [None, None, None, "application/json"]  # no POST without it, though it has no body

    def test_a_sink_is_tested(self):
        tested = {"subscription": "s-1", "sink": "https://a.example/",
                  "consent": {"word": "granted", "status": 200, "rate_per_minute": 60, "why": None},
                  "event": {"id": "e-1", "type": "dev.millrace.test"}, "answer": {"status": 200, "cause": None, "took_ms": 12},
                  "would_be": "delivered", "reason": None, "pause_ms": 0}  # fmt: skip
        away = {"consent": {"word": "away", "status": None, "rate_per_minute": None, "why": "nobody\x07"}, "event": None,
                "answer": None, "would_be": "pending"}  # fmt: skip
        late = {"answer": {"status": None, "cause": "too late", "took_ms": 3000}, "would_be": "retried", "reason": "http-timeout"}
        with door({f"POST {PATH}/s-1:test": [(200, tested), (200, tested | away), (200, tested | late)]}) as at:
            assert said(millrace("sub", "test", "s-1", server=at.address)) == (
                "subscription  s-1\nsink          https://a.example/\nconsent       granted (200), 60 a minute\n"
                "event         dev.millrace.test  e-1\nanswer        200 after 12 ms\nwould be      delivered\n")  # fmt: skip
            done = millrace("sub", "test", "s-1", server=at.address)
            assert (done.returncode, done.stderr) == (REFUSED, "millrace: an event would not have been delivered: pending\n")
            assert "\nconsent       away: nobody\\x07\nwould be      pending\n" in done.stdout
            done = millrace("sub", "test", "s-1", server=at.address)
            assert done.returncode == REFUSED
            assert "\nanswer        none after 3000 ms: too late\nwould be      retried (http-timeout)\n" in done.stdout
            assert at.asked == [(f"POST {PATH}/s-1:test", None)] * 3

    def test_a_policy_is_shown_and_changed(self):
        with door({f"GET {PATH}/s-1": (200, SHOWN), f"PUT {PATH}/s-1": (200, SHOWN)}) as at:
            shown = said(millrace("dlq", "policy", "get", "s-1", server=at.address))
            assert shown == "KEY          VALUE\nmaxattempts  10\nordering     key\n"
            said(millrace("dlq", "policy", "set", "s-1", "maxattempts=3", "--unset", "ordering", server=at.address))
            config = {"topic": "orders", "startfrom": "latest", "maxattempts": "3"}
            assert at.asked[-1] == (f"PUT {PATH}/s-1", SUBSCRIPTION | {"config": config})


def delivery(number):
    event = '{"id": "%d", "data": {"n": 1.50}}' % number
    return '{"lock": {"token": "t%d", "attempt": 1}, "record": {"offset": %d}, "event": %s}' % (number, number, event)


def taken(*numbers):
    return (200, '{"events": [' + ", ".join(map(delivery, numbers)) + "]}")


class TestReceive:
    def test_events_are_printed_then_acknowledged_until_there_are_no_more(self):
        first, rest = (f"POST {PATH}/s-1:receive?max_events={n}" for n in ("5&wait_ms=2000", "3&wait_ms=0"))
        with door({first: taken(1, 2), rest: (204, None), f"POST {PATH}/s-1:acknowledge": (200, {"settled": [], "failed": []})}) as at:
            done = millrace("sub", "receive", "s-1", "--max", "5", "--wait", "2s", "--ack", server=at.address)
            assert said(done) == '{"id": "1", "data": {"n": 1.50}}\n{"id": "2", "data": {"n": 1.50}}\n'
            assert [place for place, _ in at.asked] == [first, f"POST {PATH}/s-1:acknowledge", rest]
            assert at.asked[1][1] == {"tokens": ["t1", "t2"]}

    def test_without_ack_nothing_is_settled(self):
        with door({f"POST {PATH}/s-1:receive?max_events=1&wait_ms=0&consumer=me%2F1": taken(1)}) as at:
            options = ["sub", "receive", "s-1", "--max", "1", "--consumer", "me/1"]
            assert said(millrace(*options, "-o", "id", server=at.address)) == "t1\n"
            assert said(millrace(*options, "-o", "json", server=at.address)) == delivery(1) + "\n"
            assert len(at.asked) == 2

    def test_a_token_that_is_lost_is_named(self):
        answer = {"settled": ["a"], "failed": [{"token": "b", "error": "lost"}]}
        with door({f"POST {PATH}/s-1:{verb}": (200, answer) for verb in ("acknowledge", "fail", "release", "reject", "renew")}) as at:
            done = millrace("sub", "ack", "s-1", "a", "b", "-o", "id", server=at.address)
            assert (done.returncode, done.stdout, done.stderr) == (REFUSED, "a\n", "millrace: token b: lost\n")
            millrace("sub", "fail", "s-1", "a", "--code", "7", "--message", "no", "--delay", "1m", server=at.address)
            millrace("sub", "release", "s-1", "a", "--delay", "1s", server=at.address)
            millrace("sub", "reject", "s-1", "a", "--message", "no", server=at.address)
            millrace("sub", "renew", "s-1", "a", server=at.address)
            assert at.asked[1:] == [
                (f"POST {PATH}/s-1:fail", {"tokens": ["a"], "code": 7, "message": "no", "delay_ms": 60_000}),
                (f"POST {PATH}/s-1:release", {"tokens": ["a"], "delay_ms": 1_000}),
                (f"POST {PATH}/s-1:reject", {"tokens": ["a"], "message": "no"}),
                (f"POST {PATH}/s-1:renew", {"tokens": ["a"]}),
            ]

    def test_an_answer_that_is_none_is_no_crash(self):
        with door({f"POST {PATH}/s-1:receive?max_events=100&wait_ms=0": (200, {"events": [{}]})}) as at:
            done = millrace("sub", "receive", "s-1", server=at.address)
            assert done.returncode == UNREACHABLE and "not as expected" in done.stderr


LETTERS = "/v1/dead-letters/dlq.g.t"
JOB = {"id": "r-1", "topic": "dlq.g.t", "to": "group", "state": "running", "selected": 3, "redriven": 0, "resolved": 0,
       "failed": 0, "created_at": "2026-05-01T12:00:00Z", "finished_at": None, "selection": {}, "why": None}  # fmt: skip


class TestDeadLetters:
    def test_pages_are_one_list(self):
        pages = {f"GET {LETTERS}?state=open&limit=100": (200, {"letters": [letter(1)], "next": "c/1"}),
                 f"GET {LETTERS}?state=open&limit=99&cursor=c%2F1": (200, {"letters": [], "next": "c2"}),
                 f"GET {LETTERS}?state=open&limit=99&cursor=c2": (200, {"letters": [letter(2)], "next": None})}  # fmt: skip
        with door(pages) as at:
            assert said(millrace("dlq", "ls", "dlq.g.t", "-o", "id", server=at.address)) == "g~t~0~1~0\ng~t~0~2~0\n"
        with door({f"GET {LETTERS}?state=all&limit=1&reason=expired%2Crejected": (200, {"letters": [letter(1)], "next": "c"})}) as at:
            options = ["--state", "all", "--limit", "1", "--reason", "expired,rejected"]
            shown = said(millrace("dlq", "ls", "dlq.g.t", *options, server=at.address))
            assert shown.splitlines()[1].split()[:3] == ["g~t~0~1~0", "open", "expired"] and "and more" in shown
            assert millrace("dlq", "ls", "--reason", "expired", server=at.address).returncode == WRONG_USAGE

    def test_one_is_found_by_its_id(self):
        told = letter(1) | {"topic": "t", "partition": 0, "offset": 1, "group": "g", "key": None, "history": []}
        with door({f"GET {LETTERS}/letters/g~t~0~1~0": (200, told), "GET /v1/dead-letters/graves/letters/3~0": (200, told)}) as at:
            assert "died from    t/0/1\n" in said(millrace("dlq", "show", "g~t~0~1~0", server=at.address))
            assert said(millrace("dlq", "show", "3~0", "--topic", "graves", "-o", "id", server=at.address)) == "g~t~0~1~0\n"
            assert millrace("dlq", "show", "3~0", server=at.address).returncode == WRONG_USAGE
            gone = millrace("dlq", "show", "g~t~0~9~0", server=at.address)
            assert gone.returncode == REFUSED and "millrace dlq ls" in gone.stderr

    def test_few_are_redriven_and_many_need_a_yes(self):
        body = {"where": "n > 1", "reason": ["expired"], "topic": "dlq.g.t", "to": "group", "rate": 5.0,
                "reset_attempts": True}  # fmt: skip
        options = ["--where", "n > 1", "--rate", "5", "--reset-attempts", "--reason", "expired"]
        for count, code, is_made in ((100, DONE, True), (101, WRONG_USAGE, False), (0, DONE, False)):
            with door({"POST /v1/redrives?dry_run=true": (200, {"selected": count}), "POST /v1/redrives": (201, JOB)}) as at:
                done = millrace("dlq", "redrive", *options, "dlq.g.t", server=at.address)
                assert done.returncode == code, done.stderr
                assert at.asked == [(f"POST /v1/redrives{way}", body) for way in ("?dry_run=true", "")][: 2 if is_made else 1]
                assert (f"Redrive {count} letters" in done.stderr) == (count > 100)
        with door({"POST /v1/redrives": (201, JOB)}) as at:
            assert said(millrace("dlq", "redrive", "dlq.g.t", "--yes", "-o", "id", server=at.address)) == "r-1\n"

    def test_a_dry_run_only_counts(self):
        with door({"POST /v1/redrives?dry_run=true": (200, {"selected": 7}), f"POST {LETTERS}/discard?dry_run=true": (200, {"selected": 1})}) as at:
            tried = millrace("dlq", "redrive", "dlq.g.t", "--dry-run", "--to", "sink", "--sink", "https://b.example/", server=at.address)
            assert said(tried) == "7 letters selected; nothing was changed\n"
            tried = millrace("dlq", "discard", "dlq.g.t", "--id", "a", "--id", "b", "--dry-run", "-o", "id", server=at.address)
            assert said(tried) == "1\n"
            assert [body for _, body in at.asked] == [
                {"topic": "dlq.g.t", "to": "sink", "sink": "https://b.example/"}, {"ids": ["a", "b"]}]  # fmt: skip
            assert millrace("dlq", "redrive", "dlq.g.t", "--to", "sink", server=at.address).returncode == WRONG_USAGE

    def test_a_discard_always_needs_a_yes(self):
        with door({f"POST {LETTERS}/discard?dry_run=true": (200, {"selected": 1}), f"POST {LETTERS}/discard": (200, {"discarded": 1})}) as at:
            done = millrace("dlq", "discard", "dlq.g.t", server=at.address)
            assert done.returncode == WRONG_USAGE and "Discard 1 letter of dlq.g.t?" in done.stderr and len(at.asked) == 1
            assert said(millrace("dlq", "discard", "dlq.g.t", "-y", server=at.address)) == "1 letter discarded\n"

    def test_jobs(self):
        orders = {f"POST /v1/redrives/r-1:{verb}": (200, JOB) for verb in ("pause", "resume", "cancel")}
        with door(orders | {"GET /v1/redrives": (200, {"redrives": [JOB]}), "GET /v1/redrives/r-1": (200, JOB),
                            "DELETE /v1/redrives/r-1": (204, None)}) as at:  # fmt: skip
            assert said(millrace("dlq", "jobs", "ls", "-o", "id", server=at.address)) == "r-1\n"
            for verb in ("show", "pause", "resume", "cancel"):
                assert "state      running\n" in said(millrace("dlq", "jobs", verb, "r-1", server=at.address))
            assert said(millrace("dlq", "jobs", "rm", "r-1", server=at.address)) == ""
            assert [place for place, _ in at.asked][2:5] == list(orders)

    def test_an_export_has_the_digits_of_the_events_and_is_taken_back(self, tmp_path):
        event = '{"specversion":"1.0","id":"1","source":"/s","type":"x","data":{"n":1.50}}'
        answers = {f"GET {LETTERS}?state=open&limit=1000": (200, {"letters": [letter(1), letter(2)], "next": None}),
                   f"GET {LETTERS}/letters/g~t~0~1~0": (200, '{"id": "g~t~0~1~0", "event": ' + event + "}"),
                   f"GET {LETTERS}/letters/g~t~0~2~0": (200, {"id": "g~t~0~2~0", "event": None, "value": "AA=="}),
                   "POST /v1/topics/orders/events": (200, {"results": [{"partition": 0, "offset": 7}]})}  # fmt: skip
        with door(answers) as at:
            done = millrace("dlq", "export", "dlq.g.t", server=at.address)
            assert (done.returncode, done.stdout) == (REFUSED, "[\n" + event + "\n]\n") and "1 letter is no event" in done.stderr
            marked = json.dumps([json.loads(event) | {"dlid": "g~t~0~1~0", "dlreason": "expired"}])
            assert said(millrace("dlq", "import", "orders", stdin=marked, server=at.address)) == "stored as 0/7\n"
            assert at.asked[-1][1] == [json.loads(event)]
        with door({f"GET {LETTERS}?state=open&limit=1000": (200, {"letters": [], "next": None})}) as at:
            assert json.loads(said(millrace("dlq", "export", "dlq.g.t", server=at.address))) == []

    def test_tail_prints_each_letter_once_as_it_comes(self):
        later = "2026-05-01T12:00:01.000Z"
        since = "&since=2026-05-01T12%3A00%3A00.000Z", "&since=2026-05-01T12%3A00%3A01.000Z"
        answers = {f"GET {LETTERS}?state=all&limit=1000": (200, {"letters": [letter(1)], "next": None}),
                   f"GET {LETTERS}?state=all&limit=1000{since[0]}": (200, {"letters": [letter(1), letter(2, later)], "next": None}),
                   f"GET {LETTERS}?state=all&limit=1000{since[1]}": (200, {"letters": [letter(3, later), letter(2, later)], "next": None})}  # fmt: skip
        with door(answers) as at:
            following = start("dlq", "tail", "dlq.g.t", "-o", "id", server=at.address)
            wait_until(lambda: len(at.asked) >= 4, "it to look again")
            following.send_signal(signal.SIGINT)
            out, errors = following.communicate(timeout=30)
            assert (following.returncode, out, errors) == (DONE, "g~t~0~2~0\ng~t~0~3~0\n", "")


class TestViews:
    def test_one_is_made_shown_and_deleted(self):
        view = {"name": "big", "topic": "orders", "filter": "total > 10"}
        with door({"PUT /v1/views/big": (201, view), "GET /v1/views": (200, {"views": [view]}),
                   "GET /v1/views/big": (200, view), "DELETE /v1/views/big": (204, None)}) as at:  # fmt: skip
            made = millrace("view", "create", "big", "--topic", "orders", "--filter", "total > 10", "-o", "id", server=at.address)
            assert said(made) == "big\n"
            assert at.asked == [("PUT /v1/views/big", {"topic": "orders", "filter": "total > 10"})]
            assert said(millrace("view", "ls", server=at.address)).splitlines()[1].split(None, 2) == ["big", "orders", "total > 10"]
            assert said(millrace("view", "show", "big", server=at.address)) == "view     big\ntopic    orders\nfilter   total > 10\n"
            assert millrace("view", "delete", "big", server=at.address).returncode == WRONG_USAGE
            assert said(millrace("view", "delete", "big", "-y", server=at.address)) == ""


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["sub"], 'after "sub" comes one of ls, show, create, update, delete, resume, test, receive, ack'),
        (["dlq", "jobs"], 'after "jobs" comes one of ls, show, pause, resume, cancel, rm'),
        (["sub", "create"], "--topic"),
        (["sub", "create", "--topic", "t", "--filter", "type LIKE"], "at character"),
        (["sub", "create", "--topic", "t", "--max-age", "5"], "30s"),
        (["sub", "create", "--topic", "t", "--ordering", "all"], "all"),
        (["sub", "receive", "s-1", "--wait", "1m"], "20s"),
        (["sub", "receive", "s-1", "--max", "0"], "--max"),
        (["dlq", "redrive", "dlq.g.t", "--order", "total"], "total"),
        (["view", "create", "v", "--topic", "t"], "--filter"),
    ],
)
def test_wrong_usage_says_what_is_wrong(arguments, words):
    done = millrace(*arguments, server="127.0.0.1:1")
    assert (done.returncode, done.stdout) == (WRONG_USAGE, "") and words in done.stderr
