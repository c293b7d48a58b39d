"""A deployed site sends one style sheet, which says what all of them say."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.urls import reverse

from core import static_storage

ROOT = Path(django_settings.BASE_DIR)


@pytest.fixture
def collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    backend = {
        "BACKEND": "core.static_storage.JoinedStorage",
        "OPTIONS": {"location": str(tmp_path), "base_url": "/static/"},
    }
    settings.STORAGES = {**settings.STORAGES, "staticfiles": backend}
    settings.STATICFILES_DIRS = [ROOT / "static"]
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if "rest" not in app and "lucide" not in app]
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_the_list_is_the_templates_tokens_first_and_screen_last():
    names = static_storage.sheets()

    assert names[0] == "css/tokens.css"
    assert names[-1] == "css/screen.css"
    assert {f"css/components/{path.name}" for path in (ROOT / "static/css/components").glob("*.css")} <= set(names)


def test_nothing_but_comments_and_indents_is_lost():
    texts = [(ROOT / "static" / name).read_text() for name in static_storage.sheets()]
    squeezed = re.sub(r"\s", "", static_storage.joined(texts))

    assert squeezed == re.sub(r"\s", "", static_storage.COMMENT.sub("", "".join(texts)))
    assert not [text for text in texts if re.search(r"""["'][^"'\n]*/\*""", text)]  # a string that looks like a comment
    assert not [text for text in texts if "@import" in text or "@charset" in text]  # they must come first


@pytest.mark.slow
def test_a_page_of_a_deployed_site_loads_one_sheet(db, client, collected):
    page = client.get(reverse("account_login")).content.decode()

    sheets = re.findall(r'rel="stylesheet" href="/static/([^"]+)"', page)
    assert [re.sub(r"\.\w+\.css$", ".css", name) for name in sheets] == ["css/all.css"]
    text = gzip.decompress((collected / f"{sheets[0]}.gz").read_bytes()).decode()
    font = re.search(r'url\("\.\./(fonts/inter-latin\.\w+\.woff2)"\)', text)
    assert (collected / font.group(1)).is_file()


def test_while_developing_each_is_loaded_by_itself(db, client):
    page = client.get(reverse("account_login")).content.decode()

    assert "css/tokens.css" in page
    assert "css/screen.css" in page
    assert "css/all" not in page
