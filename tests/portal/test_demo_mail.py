"""The demo shows what it would have mailed; nothing else does."""

import pytest
from django.core.mail import EmailMessage, get_connection

pytestmark = pytest.mark.django_db
BACKEND = "django.core.mail.backends.filebased.EmailBackend"


@pytest.fixture
def demo(settings, tmp_path):
    settings.DEMO = True
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path


def test_the_newest_mail_stands_first(client, demo, settings):
    with get_connection(BACKEND) as connection:
        for code in ("first-code", "second-code"):
            EmailMessage("Your code", code, to=["ben@example.com"], connection=connection).send()

    page = client.get("/demo/mail/").content.decode()

    assert page.index("second-code") < page.index("first-code")
    assert "ben@example.com" in page


def test_without_mail_the_page_says_the_next_step(client, demo):
    assert "Sign in as the client" in client.get("/demo/mail/").content.decode()


def test_outside_the_demo_there_is_no_such_page(client, settings):
    settings.DEMO = False

    assert client.get("/demo/mail/").status_code == 404
