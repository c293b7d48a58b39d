"""The child process behind `demo.emulator`: moto's server with faults round it, gone as soon as its parent is.

Run as `python -m demo.server`; it prints the port it got and serves until its standard input ends.
"""

import datetime as real_datetime
import logging
import os
import signal
import sys
import threading
from string import ascii_uppercase, digits
from typing import Any

# Read by moto while it is imported: without it, it invents about 1,300 images and snapshots a region.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

import moto.core.utils
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.rds.models import DBInstance
from werkzeug.serving import make_server

from demo.faults import FaultyEndpoint, pretended_now


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


def main() -> None:
    """Serve on a free loopback port until the parent closes the pipe or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    give_databases_ids_of_their_own()
    vars(moto.core.utils)["datetime"] = DatetimeModule()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    endpoint = FaultyEndpoint(DomainDispatcherApplication(create_backend_app), mock_random.seed)
    server = make_server("127.0.0.1", 0, endpoint, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    os._exit(0)  # threads may still be answering someone who is no longer there


if __name__ == "__main__":
    main()
