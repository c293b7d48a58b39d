"""AWS answers with something else than an answer, or stops answering halfway: a gap in one sentence, never a crash."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from infra_audit.aws import AwsTarget, open_account, planned
from infra_audit.collectors.aws import sessions
from infra_audit.errors import NothingAssessableError
from infra_audit.inventory import GLOBAL, Ending, Place

KEY = b"a key for tests"
REGION = "eu-west-1"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><Response><Result>&j;</Result></Response>"
)
BAD = {
    "html": (200, "text/html", "<html><body>Welcome to our router</body></html>"),
    "garbage": (200, "application/xml", "\x00\x01\x02 not anything"),
    "nothing": (200, "application/xml", ""),
    "truncated xml": (200, "text/xml", "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1"),
    "truncated json": (200, "application/x-amz-json-1.1", '{"Functions": [{"FunctionName": "a'),
    "another shape": (200, "application/x-amz-json-1.1", '["a", 1, null]'),
    "bomb": (200, "text/xml", BOMB),
}


# After each "slow down" the client asks more and more slowly: all sixty operations would take minutes to be refused.
ONE_OF_EACH_PROTOCOL = (
    "ec2.describe_vpcs",
    "rds.describe_db_instances",
    "lambda.list_functions",
    "dynamodb.list_tables",
)


def aws_error(code, status=400):
    told = f"<Error><Code>{code}</Code><Message>Said by the test.</Message></Error>"
    return status, "text/xml", f"<Response><Errors>{told}</Errors></Response>"


@contextmanager
def in_front_of(url):
    """An endpoint that passes everything on to another, until it is given an `answer` of its own."""
    behind = urlsplit(url).netloc

    class Between(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.server.asked += 1
            if self.server.answer and self.server.asked > self.server.after:
                self._say(*self.server.answer)
                return
            connection = HTTPConnection(behind, timeout=30)
            connection.request(self.command, self.path, body, {**self.headers, "Host": behind})
            answer = connection.getresponse()
            self._say(answer.status, answer.getheader("Content-Type", ""), answer.read())
            connection.close()

        do_GET = do_HEAD = do_POST

        def _say(self, status, kind, body):
            data = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    server.daemon_threads = True
    server.asked, server.after, server.answer = 0, 0, None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def between(aws, monkeypatch):
    monkeypatch.setattr(sessions, "ATTEMPTS", 2)
    with in_front_of(aws.url) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield server


def opened(between):
    target = AwsTarget(endpoint_url=f"http://127.0.0.1:{between.server_port}", regions=(REGION,))
    return open_account(target, key=KEY, now=datetime(2026, 11, 20, tzinfo=UTC))


def collected(account, region=REGION, only=()):
    """The units of a region, or `only` those operations."""
    units, place = [], Place("aws", account.id, region)
    done = frozenset(planned(place, account.target)).difference(only) if only else frozenset()
    account.collect(place, emit=units.append, stop=lambda: False, done=done)
    assert units
    return units


@pytest.mark.parametrize("kind", BAD)
def test_an_endpoint_that_is_none_is_refused_in_one_sentence(kind, between):
    between.answer = BAD[kind]

    with pytest.raises(NothingAssessableError) as refusal:
        opened(between)

    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "region"),
    [("html", REGION), ("html", GLOBAL), ("truncated json", REGION), ("nothing", GLOBAL), ("bomb", REGION)],
)
def test_an_endpoint_that_goes_mad_halfway_leaves_gaps_and_nothing_that_passed(kind, region, between):
    account = opened(between)
    between.answer = BAD[kind]

    units = collected(account, region)

    assert {unit.operation: unit.ending for unit in units if unit.ending.complete or unit.rows} == {}
    assert not any("\n" in unit.message for unit in units)


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("ExpiredToken", Ending.ERROR),
        ("RequestExpired", Ending.ERROR),
        ("SignatureDoesNotMatch", Ending.ERROR),
        ("RequestTimeTooSkewed", Ending.ERROR),
        ("Throttling", Ending.THROTTLED),
        ("RequestLimitExceeded", Ending.THROTTLED),
    ],
)
def test_a_token_that_ends_a_clock_that_is_wrong_and_a_service_that_is_tired(code, ending, between, monkeypatch):
    monkeypatch.setattr(sessions, "ATTEMPTS", 2)  # each further one only waits longer
    account = opened(between)
    between.answer = aws_error(code)

    told = {unit.operation: unit.ending for unit in collected(account, only=ONE_OF_EACH_PROTOCOL)}

    assert told["ec2.describe_vpcs"] is ending
    assert set(told) == set(ONE_OF_EACH_PROTOCOL)
    assert Ending.OK not in told.values()


def test_a_clock_that_is_wrong_is_named_when_signing_in(between):
    between.answer = aws_error("RequestTimeTooSkewed", status=403)

    with pytest.raises(NothingAssessableError, match="clock"):
        opened(between)


def test_a_token_that_ends_halfway_keeps_what_was_read(between):
    account = opened(between)
    between.answer, between.after = aws_error("ExpiredToken"), between.asked + 6

    told = [unit.ending for unit in collected(account)]

    assert Ending.OK in told
    assert Ending.ERROR in told
