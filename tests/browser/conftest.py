"""A real browser in front of the real server: Debian's Chromium, driven by Playwright."""

import os
import shutil

import pytest

from tests.browser.pages import make_world

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 10_000


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium():
    """Where Chromium is. Without one these tests are skipped, and say so; in CI they fail."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("No Chromium here: apt-get install chromium-headless-shell.")
    return path


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium):
    return {"executable_path": chromium, "args": FLAGS, "headless": True}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """Nothing fades: a colour that axe measures is the colour that stays."""
    return {**browser_context_args, "reduced_motion": "reduce"}


@pytest.fixture(scope="session", autouse=True)
def _database_beside_an_event_loop():
    """Playwright keeps an event loop in this thread, and Django would refuse to touch the database beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def world(transactional_db):
    """Everything that a page can show, once."""
    return make_world()


@pytest.fixture
def sign_in(context, client, live_server):
    """Sign a person in: the session is the server's own, only the form is left out."""
    context.set_default_timeout(PATIENCE_MS)

    def signed_in(person):
        client.force_login(person)
        cookie = client.cookies["sessionid"]
        context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])

    return signed_in


@pytest.fixture
def complaints(page):
    """What the browser's console says that it should not: scripts that failed, what the CSP refused. A refusal of
    the server's that a person is told of (409, 410, 422) is none.
    """
    heard = []

    def hear(said):
        if said.type == "error" and not any(f"status of {status}" in said.text for status in (409, 410, 422)):
            heard.append(said.text)

    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", hear)
    return heard


@pytest.fixture
def rung(monkeypatch):
    """What a worker would be rung for; the test does it by hand."""
    for task in ("billing.tasks.finish_issuing", "portal.tasks.tell_of_report", "portal.tasks.draw_report"):
        monkeypatch.setattr(f"{task}.delay", lambda pk: None)
    monkeypatch.setattr(
        "billing.services.issuing.invoice_pdf", lambda document, digest="", **_: b"%PDF-1.7 drawn elsewhere"
    )
