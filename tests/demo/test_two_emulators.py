"""The same account on two emulators that have nothing in common: what both can tell is judged alike."""

import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
import pytest
from botocore.config import Config

from demo.audit import judged
from demo.emulator import emulator
from infra_audit.aws import AwsTarget, open_account
from tests.demo.small_account import REGION, make_small_account

PATIENCE_S = 30
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}
# Ids that an emulator draws, and the account that it plays.
DRAWN = re.compile(r"\b(sg|vol|vpc|subnet|rtb|acl|igw)-[0-9a-f]+|(?<=:)\d{12}(?=:)|(?<=key/)[0-9a-f-]+")
# Images that ministack has from the start, and the day on which moto says that root signed in.
MADE_UP = re.compile(r":image/ami-")
MADE_UP_CHECKS = {"root_used_recently"}


@contextmanager
def ministack():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "ministack"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not answers(port):
            assert time.monotonic() < deadline, "ministack did not start"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def audited(url):
    config = Config(s3={"addressing_style": "path"})
    make_small_account(lambda service: boto3.client(service, region_name=REGION, endpoint_url=url, config=config))
    now, units = datetime.now(UTC), []
    account = open_account(AwsTarget(endpoint_url=url, regions=(REGION,)), key=bytes(32), now=now)
    for place in account.places():
        account.collect(place, emit=units.append, stop=lambda: False)
    return judged(units, key=bytes(32), now=now)


def told(audit, checks):
    """How often each check found what, whatever ids an emulator draws."""
    return Counter(
        (one.check, DRAWN.sub("…", one.resource))
        for one in audit.evaluation.findings
        if one.check in checks and not MADE_UP.search(one.resource)
    )


@pytest.mark.slow
def test_two_emulators_are_judged_alike(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with emulator() as aws, ministack() as url:
        audits = [audited(aws.url), audited(url)]

    read_by_both = set.intersection(*({*one.evaluation.examined} for one in audits))
    unsure = {gap.check for one in audits for gap in one.evaluation.gaps}
    sure = read_by_both - unsure - MADE_UP_CHECKS
    ours, theirs = (told(one, sure) for one in audits)
    assert ours == theirs
    assert {"sg_ssh_open", "sqs_public", "sns_public", "rds_retention_zero", "iam_no_mfa", "dynamodb_no_pitr"} <= {
        check for check, _resource in ours
    }
    assert len(sure) >= 40
