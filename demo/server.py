"""The child process behind `demo.emulator`: moto's server with faults round it, gone as soon as its parent is.

Run as `python -m demo.server`; it prints the port it got and serves until its standard input ends.
"""

import datetime as real_datetime
import gc
import logging
import os
import signal
import sys
import threading
from functools import cache
from string import ascii_uppercase, digits
from typing import Any

# Read by moto while it is imported: without it, it invents about 1,300 images and snapshots a region.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
os.environ.setdefault("MOTO_RDS_SNAPSHOT_LIMIT", "100000")  # a large company's seeding is no place for quotas

import moto.backends
import moto.core.responses
import moto.core.utils
from moto.core.responses import ActionResult
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.iam.models import IAMBackend
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.rds.models import DBInstance
from moto.s3.responses import S3Response
from werkzeug.serving import make_server

from demo.answers import written
from demo.faults import FaultyEndpoint, pretended_now

# New objects after which garbage is looked for. What moto and botocore know is millions of objects that stay; looking
# through them as often as Python does by default would be half of the time that the first requests take.
COLLECT_AFTER = 100_000


class PretendedDatetime(real_datetime.datetime):
    """`now` is what the request at hand says it is, so that keys and databases can be years old."""

    @classmethod
    def now(cls, tz: real_datetime.tzinfo | None = None) -> Any:
        pretended = pretended_now.get()
        if pretended is None:
            return real_datetime.datetime.now(tz)
        return pretended.astimezone(tz) if tz else pretended.replace(tzinfo=None)


class DatetimeModule:
    """The `datetime` module as moto's own helpers see it."""

    datetime = PretendedDatetime

    def __getattr__(self, name: str) -> Any:
        return getattr(real_datetime, name)


def give_databases_ids_of_their_own() -> None:
    """moto gives every instance one and the same resource id, so that a copy of one would pass for a copy of all."""
    initialise = DBInstance.__init__

    def with_an_id(self: DBInstance, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        self.dbi_resource_id = "db-" + "".join(mock_random.choices(ascii_uppercase + digits, k=26))

    setattr(DBInstance, "__init__", with_an_id)  # noqa: B010 (mypy forbids the plain assignment)


def give_accounts_a_root_user() -> None:
    """moto's credential report forgets the root user. Here it was at work not three weeks ago, by password."""
    report = IAMBackend.get_credential_report

    def with_the_root(self: IAMBackend) -> str:
        head, _, users = report(self).partition("\n")
        now = PretendedDatetime.now(real_datetime.UTC)
        times = {
            "user_creation_time": now - real_datetime.timedelta(days=1500),
            "password_last_used": now - real_datetime.timedelta(days=19),
        }
        values = {name: f"{when:%Y-%m-%dT%H:%M:%S+00:00}" for name, when in times.items()}
        values |= {"user": "<root_account>", "arn": f"arn:{self.partition}:iam::{self.account_id}:root"}
        values |= dict.fromkeys(("password_enabled", "password_last_changed"), "not_supported")
        values |= dict.fromkeys((name for name in head.split(",") if name.endswith("_active")), "false")
        root = ",".join(values.get(name, "N/A") for name in head.split(","))
        return f"{head}\n{root}\n{users}"

    setattr(IAMBackend, "get_credential_report", with_the_root)  # noqa: B010 (mypy forbids the plain assignment)


def look_up_once() -> None:
    """moto looks through its own folders and methods at every request and through botocore's folders for every service:
    a third of its time.
    """
    modules = frozenset(moto.backends.list_of_moto_modules())
    vars(moto.backends)["list_of_moto_modules"] = lambda: modules
    for module, name in ((moto.core.responses, "method_names_from_class"), (moto.core.utils, "create_loader")):
        vars(module)[name] = cache(vars(module)[name])


def is_news(record: logging.LogRecord) -> bool:
    """False for the traceback of an operation that moto lacks: the answer says so."""
    return "NotImplementedError" not in record.getMessage()


def tell_public_snapshots_apart() -> None:
    """moto lists every snapshot whoever may restore it, so that all would pass for public."""
    describe = ElasticBlockStore.describe_snapshots

    def of_who_may_restore(self: ElasticBlockStore) -> ActionResult:
        told = describe(self)
        if "all" not in self._get_param("RestorableByUserIds", []):
            return told
        snapshots: list[Any] = vars(told)["_result"]["Snapshots"]
        public = [one for one in snapshots if "all" in one.create_volume_permission_groups]
        return ActionResult({"Snapshots": public})

    setattr(ElasticBlockStore, "describe_snapshots", of_who_may_restore)  # noqa: B010 (as above)


def tell_where_buckets_are() -> None:
    """AWS adds the region of each bucket wherever it lists them page by page; moto never does."""
    listed = S3Response.all_buckets

    def with_regions(self: S3Response) -> Any:
        serialized = self.serialized

        def placed(told: ActionResult) -> Any:
            for one in vars(told)["_result"]["Buckets"]:
                one["BucketRegion"] = self.backend.get_bucket(one["Name"]).region_name
            return serialized(told)

        vars(self)["serialized"] = placed  # of this answer alone
        try:
            return listed(self)
        finally:
            del vars(self)["serialized"]

    setattr(S3Response, "all_buckets", with_regions)  # noqa: B010 (as above)


def main() -> None:
    """Serve on a free loopback port until the parent closes the pipe or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    look_up_once()
    gc.set_threshold(COLLECT_AFTER)
    give_databases_ids_of_their_own()
    give_accounts_a_root_user()
    tell_public_snapshots_apart()
    tell_where_buckets_are()
    vars(moto.core.utils)["datetime"] = DatetimeModule()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    logging.getLogger("werkzeug").addFilter(is_news)
    endpoint = FaultyEndpoint(DomainDispatcherApplication(create_backend_app), mock_random.seed, written)
    server = make_server("127.0.0.1", 0, endpoint, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    os._exit(0)  # threads may still be answering someone who is no longer there


if __name__ == "__main__":
    main()
