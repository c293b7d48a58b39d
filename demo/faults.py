"""A WSGI layer round the emulated AWS endpoint that counts calls, refuses, throttles, fails, hangs and back-dates.

Refusals carry the texts that AWS sends, so that what reads them is tested on the real thing:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any
from xml.sax.saxutils import escape

from demo.wire import Asked, Environ, understand

CONTROL = "/_emulator/"
NOW_HEADER = "x-emulator-now"
SEED_HEADER = "x-emulator-seed"
CALLER = "arn:aws:sts::123456789012:assumed-role/read-only/audit"

# Who refused → how AWS ends the sentence.
REFUSALS = {
    "identity policy": "because no identity-based policy allows the {action} action",
    "explicit identity policy": "with an explicit deny in an identity-based policy",
    "service control policy": "with an explicit deny in a service control policy",
    "permissions boundary": "because no permissions boundary allows the {action} action",
    "session policy": "because no session policy allows the {action} action",
    "resource policy": "with an explicit deny in a resource-based policy",
    "unknown": "",
}

EVERYWHERE = "*"

Answer = tuple[str, str, str, dict[str, str]]  # status, content type, body, headers
Answers = dict[tuple[str, str, str], dict[str, Any]]  # by service, operation and region: what moto lacks
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

# When the request at hand says it is (the seed writes histories with it); None: now.
pretended_now: ContextVar[datetime | None] = ContextVar("pretended_now", default=None)


@dataclass(frozen=True)
class Deny:
    """Refuse an IAM action (wildcards allowed) in a region; with `about`, only where the request names that text."""

    action: str
    region: str = "*"
    by: str = "identity policy"
    about: str = ""

    def fits(self, asked: Asked) -> bool:
        return (
            fnmatchcase(asked.action.lower(), self.action.lower())
            and fnmatchcase(asked.region, self.region)
            and self.about in asked.about
        )


@dataclass(frozen=True)
class Throttle:
    """A token bucket for each region of a service ("*": every service by itself): `rate` a second, `burst` at once."""

    service: str = "*"
    rate: float = 20.0
    burst: int = 20


@dataclass(frozen=True)
class Failing:
    """Answer a share of all requests (0.1: a tenth) with status 500.

    Which, is drawn from the seed, what is asked and how often it was asked before: the same whatever comes first.
    """

    share: float
    seed: int = 1

    def fits(self, asked: Asked, times: int) -> bool:
        drawn = sha256(f"{self.seed} {times} {asked}".encode()).digest()
        return int.from_bytes(drawn[:4]) < self.share * 2**32


@dataclass(frozen=True)
class Hang:
    """Keep who needs an IAM action (wildcards allowed) waiting for that long before the answer."""

    action: str
    seconds: float
    region: str = "*"

    def fits(self, asked: Asked) -> bool:
        return fnmatchcase(asked.action.lower(), self.action.lower()) and fnmatchcase(asked.region, self.region)


@dataclass(frozen=True)
class Faults:
    """What goes wrong from now on. `latency_s` is added to every answer; `off` are regions that the account has not
    switched on."""

    deny: tuple[Deny, ...] = ()
    throttle: tuple[Throttle, ...] = ()
    latency_s: float = 0.0
    failing: tuple[Failing, ...] = ()
    hang: tuple[Hang, ...] = ()
    off: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Faults":
        return cls(
            tuple(Deny(**one) for one in data.get("deny", ())),
            tuple(Throttle(**one) for one in data.get("throttle", ())),
            float(data.get("latency_s", 0.0)),
            tuple(Failing(**one) for one in data.get("failing", ())),
            tuple(Hang(**one) for one in data.get("hang", ())),
            tuple(data.get("off", ())),
        )


@dataclass
class Bucket:
    """Tokens left, refilled as time passes."""

    tokens: float
    filled_at: float

    def take(self, rate: float, burst: int, now: float) -> bool:
        self.tokens = min(burst, self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class FaultyEndpoint:
    """The application itself; faults and counts are changed through its control paths or its attributes."""

    application: Application
    seed: Callable[[str], None]  # foreseeable ids from here on
    written: Callable[[Asked, dict[str, Any]], Answer]  # on the wire
    faults: Faults = field(default_factory=Faults)
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    answers: Answers = field(default_factory=dict)
    _buckets: dict[tuple[str, str, str], Bucket] = field(default_factory=dict)
    _times: Counter[Asked] = field(default_factory=Counter)  # since the faults were set
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path.startswith(CONTROL):
            return self._control(path.removeprefix(CONTROL), environ, start_response)
        if path.startswith("/moto-api"):
            return self.application(environ, start_response)
        asked = understand(environ)
        with self._lock:
            self.calls[asked.service, asked.region, asked.operation] += 1
        time.sleep(self.faults.latency_s + sum(one.seconds for one in self.faults.hang if one.fits(asked)))
        if wrong := self._what_goes_wrong(asked):
            return _answer(*wrong, start_response)
        for region in (asked.region, EVERYWHERE):
            if (told := self.answers.get((asked.service, asked.operation, region))) is not None:
                return _answer(*self.written(asked, told), start_response)
        return self._serve(environ, start_response)

    def _serve(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """One at a time: moto's caches are not made for threads, and now and then it would answer 500."""
        stamp = _header(environ, NOW_HEADER)
        token = pretended_now.set(datetime.fromisoformat(stamp) if stamp else None)
        try:
            with self._turn:
                if seed := _header(environ, SEED_HEADER):
                    self.seed(seed)
                return self.application(environ, start_response)
        finally:
            pretended_now.reset(token)

    def _what_goes_wrong(self, asked: Asked) -> Answer | None:
        if self._is_too_fast(asked):
            return throttled(asked)
        if self._fails(asked):
            return broken(asked)
        if asked.region in self.faults.off:
            return unknown_here(asked)
        return next((refused(asked, rule.by) for rule in self.faults.deny if rule.fits(asked)), None)

    def _fails(self, asked: Asked) -> bool:
        if not self.faults.failing:
            return False
        with self._lock:
            self._times[asked] += 1
            times = self._times[asked]
        return any(one.fits(asked, times) for one in self.faults.failing)

    def _is_too_fast(self, asked: Asked) -> bool:
        now = time.monotonic()
        with self._lock:
            return any(
                not self._buckets.setdefault((rule.service, asked.service, asked.region), Bucket(rule.burst, now)).take(
                    rule.rate, rule.burst, now
                )
                for rule in self.faults.throttle
                if rule.service in {"*", asked.service}
            )

    def _control(self, name: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """`GET calls`, `DELETE calls`, `GET faults`, `PUT faults`, `PUT answer`, `DELETE answers`: JSON."""
        match environ["REQUEST_METHOD"], name:
            case "GET", "calls":
                with self._lock:
                    rows = [[*key, count] for key, count in sorted(self.calls.items())]
                return _json(rows, start_response)
            case "DELETE", "calls":
                with self._lock:
                    self.calls.clear()
                return _json([], start_response)
            case "GET", "faults":
                return _json(self.faults.as_json(), start_response)
            case "PUT", "faults":
                told = _told(environ)
                with self._lock:
                    self.faults = Faults.from_json(told)
                    self._buckets.clear()
                    self._times.clear()
                return _json(self.faults.as_json(), start_response)
            case "PUT", "answer":
                told = _told(environ)
                self.answers[told["service"], told["operation"], told.get("region", EVERYWHERE)] = told["result"]
                return _json([], start_response)
            case "DELETE", "answers":
                self.answers.clear()
                return _json([], start_response)
        return _answer("404 Not Found", "text/plain", "No such control.", {}, start_response)


def _told(environ: Environ) -> Any:
    return json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))


def _header(environ: Environ, name: str) -> str | None:
    return environ.get("HTTP_" + name.upper().replace("-", "_"))


def refused(asked: Asked, by: str) -> Answer:
    """AWS's answer to a caller who may not: status, content type, body, headers."""
    ending = REFUSALS[by].format(action=asked.action)
    if not ending:
        return _error(asked, *_refusal_code(asked), "Access Denied")
    message = f"User: {CALLER} is not authorized to perform: {asked.action} {ending}"
    if asked.protocol == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    elif asked.protocol != "json":
        message = message.replace(f"{asked.action} ", f"{asked.action} on resource: {_resource(asked)} ", 1)
    return _error(asked, *_refusal_code(asked), message)


def _refusal_code(asked: Asked) -> tuple[int, str]:
    codes = {"ec2": (403, "UnauthorizedOperation"), "json": (400, "AccessDeniedException")}
    codes["rest-json"] = (403, "AccessDeniedException")
    return codes.get(asked.protocol, (403, "AccessDenied"))


def _resource(asked: Asked) -> str:
    if asked.service == "s3" and (bucket := asked.about.split(" ")[0].strip("/")):
        return f'"arn:aws:s3:::{bucket}"'
    return f"arn:aws:{asked.action.partition(':')[0]}:{asked.region}:123456789012:*"


def throttled(asked: Asked) -> Answer:
    """AWS's answer to a caller who asks too often."""
    match asked.protocol:
        case "ec2":
            return _error(asked, 503, "RequestLimitExceeded", "Request limit exceeded.")
        case "s3":
            return _error(asked, 503, "SlowDown", "Please reduce your request rate.")
        case "query":
            return _error(asked, 400, "Throttling", "Rate exceeded")
    return _error(asked, 429 if asked.protocol == "rest-json" else 400, "ThrottlingException", "Rate exceeded")


def broken(asked: Asked) -> Answer:
    """AWS's answer where something of its own failed."""
    code = {"ec2": "InternalError", "s3": "InternalError"}.get(asked.protocol, "InternalFailure")
    return _error(asked, 500, code, "We encountered an internal error. Please try again.")


def unknown_here(asked: Asked) -> Answer:
    """AWS's answer in a region that the account has not switched on: nothing there has heard of its credentials.

    https://repost.aws/knowledge-center/iam-validate-access-credentials
    """
    invalid = "The security token included in the request is invalid."
    match asked.protocol:
        case "ec2":
            text = "AWS was not able to validate the provided access credentials"
            return _error(asked, 401, "AuthFailure", text)
        case "s3":
            return _error(asked, 400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
        case "query":
            return _error(asked, 403, "InvalidClientTokenId", invalid)
    return _error(asked, 403 if asked.protocol == "rest-json" else 400, "UnrecognizedClientException", invalid)


REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def _error(asked: Asked, status: int, code: str, message: str) -> Answer:
    body, kind, headers = _written(asked.protocol, code, message)
    return f"{status} {REASONS[status]}", kind, body, headers


def _written(protocol: str, code: str, message: str) -> tuple[str, str, dict[str, str]]:
    text, request_id = escape(message), "00000000-0000-4000-8000-000000000000"
    error = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
    match protocol:
        case "ec2":
            return f"<Response><Errors>{error}</Errors><RequestID>{request_id}</RequestID></Response>", "text/xml", {}
        case "query":
            return f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>", "text/xml", {}
        case "s3":
            return error, "application/xml", {}
    body = json.dumps({"__type": code, "message": message, "Message": message})
    return body, "application/x-amz-json-1.1", {"x-amzn-ErrorType": code}


def _answer(
    status: str, kind: str, body: str, headers: dict[str, str], start_response: StartResponse
) -> Iterable[bytes]:
    data = body.encode()
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(data))), *headers.items()])
    return [data]


def _json(value: Any, start_response: StartResponse) -> Iterable[bytes]:
    return _answer("200 OK", "application/json", json.dumps(value), {}, start_response)
