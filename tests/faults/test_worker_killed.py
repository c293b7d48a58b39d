"""A worker dies by SIGKILL in the middle of a run: another one ends the run, nothing is lost and nothing doubled."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from demo.emulator import Faults, emulator
from discovery.models import Run, Unit
from discovery.services import runs, starting
from tests.discovery_factories import make_aws_account

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both, pytest.mark.slow]
REGIONS = ["eu-west-1", "us-east-1"]
LEASE_S = 3
PATIENCE_S = 90


@contextmanager
def worker(environment):
    """A real Celery worker on the queue and the database of this test."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-P", "threads", "-c", "2", "-l", "WARNING"]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment_of(aws):
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        where = f"{database['HOST'] or '127.0.0.1'}:{database['PORT'] or 5432}"
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{where}/{database['NAME']}"
    return {
        **os.environ,
        **aws.environment(),
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "VAR_DIR": str(settings.VAR_DIR),
        "DATABASE_URL": url,
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "CELERY_TASK_DEFAULT_QUEUE": settings.CELERY_TASK_DEFAULT_QUEUE,
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "SHARD_LEASE_S": str(LEASE_S),
    }


def wait_until(condition, *, meanwhile=lambda: None):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "The run did not get on."
        meanwhile()
        time.sleep(0.2)


def stored(run):
    return sorted(Unit.objects.filter(run=run).values_list("operation", "account", "region", "ending"))


def found(run):
    return sorted(run.occurrences.values_list("finding__fingerprint", flat=True))


def status(run):
    return Run.objects.get(pk=run.pk).status


def test_a_killed_worker_loses_and_doubles_nothing():
    with emulator() as aws:
        for region in REGIONS:
            ec2 = aws.client("ec2", region)
            group = ec2.create_security_group(GroupName="wide-open", Description="open")["GroupId"]
            ec2.authorize_security_group_ingress(
                GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
            )
        account = make_aws_account(account_id="", endpoint_url=aws.url, regions=REGIONS)
        aws.set_faults(Faults(latency_s=0.1))
        environment = environment_of(aws)
        with worker(environment) as first:
            run = starting.start_run(organisation=account.organisation, accounts=[account], repositories=[], actor=None)
            wait_until(lambda: Unit.objects.filter(run=run).count() >= 5)
            os.killpg(first.pid, signal.SIGKILL)
            first.wait()
        assert status(run) == Run.Status.RUNNING
        read_before = set(Unit.objects.filter(run=run).values_list("pk", flat=True))

        with worker(environment):
            # The scheduler's sweep, as it would ring every half minute
            aws.set_faults(Faults())
            wait_until(lambda: status(run) not in Run.OPEN, meanwhile=runs.sweep)
            whole = starting.start_run(
                organisation=account.organisation, accounts=[account], repositories=[], actor=None
            )
            wait_until(lambda: status(whole) not in Run.OPEN)

    assert status(run) == status(whole)
    assert stored(run) == stored(whole)
    assert found(run) == found(whole)
    assert len(found(run)) >= len(REGIONS)
    assert read_before <= set(Unit.objects.filter(run=run).values_list("pk", flat=True))
