"""An emulated AWS endpoint on loopback, in a child process: moto's server with faults that can be switched.

with emulator() as aws:
    boto3.client("ec2", endpoint_url=aws.url, …)
    aws.set_faults(Faults(deny=(Deny("rds:*", region="us-east-1"),)))
    aws.calls()
"""

import json
import os
import secrets
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from demo.faults import CONTROL, NOW_HEADER, SEED_HEADER, Deny, Failing, Faults, Hang, Throttle

__all__ = ["Deny", "Emulator", "EmulatorError", "Failing", "Faults", "Hang", "Throttle", "emulator", "start"]

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 60.0


class EmulatorError(Exception):
    """The emulator did not start, or did not do as told; the text says why."""


@dataclass
class Emulator:
    """A running endpoint. `url` is its address; any credentials are good, the account is 123456789012."""

    url: str
    process: subprocess.Popen[bytes]

    def set_faults(self, faults: Faults) -> None:
        """Replace what goes wrong; `Faults()` mends everything."""
        control(self.url, "PUT", f"{CONTROL}faults", faults.as_json())

    def answer(self, service: str, operation: str, result: dict[str, Any], region: str = "*") -> None:
        """From now on answer an operation that moto lacks ("DescribeInstanceInformation") with this, in JSON types."""
        answer(self.url, service, operation, result, region)

    def calls(self) -> Counter[tuple[str, str, str]]:
        """How often each (service, region, operation) was asked since the start or `clear_calls`."""
        return Counter({(one[0], one[1], one[2]): one[3] for one in control(self.url, "GET", f"{CONTROL}calls")})

    def clear_calls(self) -> None:
        control(self.url, "DELETE", f"{CONTROL}calls")

    def reset(self) -> None:
        """Forget every resource, fault, answer and count."""
        control(self.url, "POST", "/moto-api/reset")
        control(self.url, "DELETE", f"{CONTROL}answers")
        self.set_faults(Faults())
        self.clear_calls()

    def client(self, service: str, region: str = "eu-west-1", *, now: datetime | None = None) -> Any:
        """A boto3 client of this endpoint, for seeding and tests. With `now`, what it makes is made then."""
        return client(self.url, service, region, now=now)

    def environment(self) -> dict[str, str]:
        """Variables with which any AWS tool uses this endpoint and never the machine's own credentials."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": secrets.token_hex(8),
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def stop(self) -> None:
        """End the process; done already is fine."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def control(url: str, method: str, path: str, body: Any = None) -> Any:
    """Ask one of the endpoint's own control paths; JSON in, JSON out."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, body=None if body is None else json.dumps(body))
        return json.loads(connection.getresponse().read() or b"null")
    finally:
        connection.close()


def answer(url: str, service: str, operation: str, result: dict[str, Any], region: str = "*") -> None:
    """As `Emulator.answer`, where only the address is at hand."""
    told = {"service": service, "operation": operation, "region": region, "result": result}
    control(url, "PUT", f"{CONTROL}answer", told)


def client(
    url: str,
    service: str,
    region: str = "eu-west-1",
    *,
    now: datetime | None = None,
    key: tuple[str, str] | None = None,
) -> Any:
    """A boto3 client of an emulated endpoint. With `now`, what it makes is made at that moment.

    `key`: signs with that access key (id and secret), which then counts as used.
    """
    pretence = Pretence(now) if now else None
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, inject_host_prefix=False)
    signing = {"aws_access_key_id": key[0], "aws_secret_access_key": key[1]} if key else {}
    made = _session().client(service, endpoint_url=url, region_name=region, config=config, **signing)
    if pretence:
        pretence.apply_to(made)
    return made


@cache
def _session() -> boto3.Session:
    """One for all clients: it keeps the service descriptions, which take longest to load."""
    return boto3.Session(aws_access_key_id="emulated", aws_secret_access_key=secrets.token_hex(8))


@dataclass
class Pretence:
    """What clients tell the endpoint beside their requests: the time it is, and how to draw ids.

    With a seed, the n-th request draws the same ids whatever the endpoint did before.
    """

    now: datetime
    seed: int | None = None
    requests: int = 0

    def apply_to(self, made: Any) -> None:
        made.meta.events.register("before-send", self._stamp)

    def _stamp(self, request: Any, **_: Any) -> None:
        request.headers[NOW_HEADER] = self.now.isoformat()
        if self.seed is not None:
            self.requests += 1
            request.headers[SEED_HEADER] = f"{self.seed}.{self.requests}"


def start(*, deny: Sequence[Deny] = ()) -> Emulator:
    """Start an endpoint and wait until it answers. Raises EmulatorError if it does not."""
    environment = {**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "demo.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=environment,
    )
    running = Emulator(f"http://127.0.0.1:{_port_of(process)}", process)
    running.set_faults(Faults(deny=tuple(deny)))
    return running


def _port_of(process: subprocess.Popen[bytes]) -> int:
    output = process.stdout
    line = output.readline() if output and select.select([output], [], [], START_TIMEOUT_S)[0] else b""
    if not line.strip().isdigit():
        process.kill()
        process.wait()
        raise EmulatorError("The emulated AWS endpoint did not start: is everything in requirements/dev.txt installed?")
    return int(line)


@contextmanager
def emulator(*, deny: Sequence[Deny] = ()) -> Iterator[Emulator]:
    """An endpoint that is stopped at the end of the block."""
    running = start(deny=deny)
    try:
        yield running
    finally:
        running.stop()
