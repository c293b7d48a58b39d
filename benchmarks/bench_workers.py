"""How much faster two workers read many accounts than one: PostgreSQL, Redis and Celery's workers on this machine.

Accounts of one emulated organisation, each behind a role of its own, with 50 ms on every answer. One worker reads them
all, then two do, in a run of their own each; throughput is accounts a minute. Over budget: status 1.

BENCH_ACCOUNTS (50) and BENCH_LATENCY_MS (50) make it smaller; BENCH_THREADS (1) is how many parts of a run a worker
does at once. The emulator runs on the same cores, so that many at once measure the machine, and not the product.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

from benchmarks.bench_portal import use_servers
from demo.emulator import Faults, emulator

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "50"))
LATENCY_S = float(os.environ.get("BENCH_LATENCY_MS", "50")) / 1000
THREADS = os.environ.get("BENCH_THREADS", "1")
REGION = "eu-west-1"
BUCKETS = 2  # of each account
LEAST = 1.7
PATIENCE_S = 1800


def prepare(stack):
    """Servers, an empty database, and what the workers' environment is; must run before Django is set up."""
    use_servers(stack, "bench_workers")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def seed(aws):
    """Accounts that a list of roles leads to, with a little in each."""
    import boto3

    from discovery.models import AwsAccount
    from tests.discovery_factories import make_organisation

    organisation = make_organisation()
    made = []
    for number in range(1, ACCOUNTS + 1):
        account_id = f"2000000{number:05}"
        role = f"arn:aws:iam::{account_id}:role/audit"
        session = aws.client("sts", REGION).assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
        s3 = boto3.client(
            "s3",
            region_name=REGION,
            endpoint_url=aws.url,
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )
        for bucket in range(BUCKETS):
            s3.create_bucket(
                Bucket=f"bench-{number}-{bucket}", CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        made.append(
            AwsAccount.objects.create(
                organisation=organisation,
                name=f"account {number}",
                role_arn=role,
                external_id="bench",
                endpoint_url=aws.url,
                regions=[REGION],
            )
        )
    return organisation, made


@contextmanager
def workers(count, environment):
    """Real workers on one queue, as a deployed practice has them."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "-P", "threads", "-c", THREADS]
    started = [
        subprocess.Popen([*command, "-n", f"bench{number}@%h", "-l", "ERROR"], env=environment, start_new_session=True)
        for number in range(count)
    ]
    try:
        yield
    finally:
        for one in started:
            os.killpg(one.pid, signal.SIGTERM)
        for one in started:
            one.wait()


def seconds_with(count, environment, organisation, accounts):
    """From the first part that is taken to the end of the run."""
    from discovery.models import Run, Unit
    from discovery.services import starting

    with workers(count, environment):
        time.sleep(8)  # until they have started
        began = time.monotonic()
        run = starting.start_run(organisation=organisation, accounts=accounts, repositories=[], actor=None)
        while Run.objects.get(pk=run.pk).status in {Run.Status.QUEUED, Run.Status.RUNNING}:
            if time.monotonic() - began > PATIENCE_S:
                sys.exit(f"{count} workers did not come to an end")
            time.sleep(0.2)
        took = time.monotonic() - began
    units = Unit.objects.filter(run=run)
    read = units.values("account").distinct().count()
    print(
        f"{count} {'worker' if count == 1 else 'workers'}: {took:.1f} s, {read / took * 60:.0f} accounts a minute, "
        f"{sum(units.values_list('api_calls', flat=True)):,} calls, {run.occurrences.count()} findings",
        flush=True,
    )
    return took


def main():
    with ExitStack() as stack:
        prepare(stack)
        aws = stack.enter_context(emulator())
        organisation, accounts = seed(aws)
        aws.set_faults(Faults(latency_s=LATENCY_S))
        environment = {**os.environ, **aws.environment()}
        load = os.getloadavg()[0]
        print(f"{len(accounts)} accounts, {LATENCY_S * 1000:.0f} ms on every answer; load before {load:.1f}")
        one, two = (seconds_with(count, environment, organisation, accounts) for count in (1, 2))
        from django.db import connections

        connections.close_all()
    print(f"{one / two:.2f} × the throughput with two workers")
    if one / two < LEAST:
        print(f"OVER BUDGET: {one / two:.2f} < {LEAST}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
