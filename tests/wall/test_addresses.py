"""A repository's address with a credential in it is refused, and the credential is nowhere afterwards."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from demo.credentials import Credentials
from discovery.models import Repository
from tests.factories import make_consultant, make_organisation
from tests.wall.world import client_of_person, rows_of_every_table

pytestmark = pytest.mark.django_db

SHAPES = (
    "https://ada:{}@git.example/a/shop.git",
    "https://{}@git.example/a/shop.git",
    "https://{}:x-oauth-basic@git.example/a/shop.git",
    "HTTPS://ada:{}@git.example/a/shop.git",
    "  https://ada:{}@git.example/a/shop.git",
    "https:/ada:{}@git.example/a/shop.git",
    "ada:{}@git.example/a/shop.git",
    "ssh://ada:{}@git.example/a/shop.git",
    "http://ada:{}@git.example/a/shop.git",
    "https://git.example/a/shop.git?private_token={}",
    "https://git.example/a/shop.git#{}",
)


@pytest.mark.parametrize("shape", SHAPES)
def test_on_the_page(shape, caplog):
    token = Credentials(5).github_token()
    organisation, browser = make_organisation(), client_of_person(make_consultant("ada"))

    answer = browser.post(
        reverse("discovery:repository-new", args=[organisation.public_id]), {"location": shape.format(token)}
    )

    assert answer.status_code == 422
    assert not Repository.objects.exists()
    assert token not in repr(rows_of_every_table())
    assert token not in caplog.text


@pytest.mark.parametrize("shape", SHAPES)
def test_on_the_command_line(shape, caplog, capsys):
    token = Credentials(6).github_token()

    with pytest.raises(SystemExit) as end:
        call_command("discover", "--client", "Harbour & Pine", "--repo", shape.format(token))

    assert end.value.code == 2
    assert not Repository.objects.exists()
    assert token not in repr(rows_of_every_table())
    assert token not in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "location",
    [
        "https://git.example/a/shop.git",
        "git@git.example:a/shop.git",
        "ssh://git@git.example:2222/a/shop.git",
    ],
)
def test_a_usual_address_is_taken(location):
    organisation, browser = make_organisation(), client_of_person(make_consultant("ada"))

    browser.post(reverse("discovery:repository-new", args=[organisation.public_id]), {"location": location})

    assert Repository.objects.get().location == location


def test_a_folder_may_have_any_name(tmp_path):
    folder = tmp_path / "shop@2" / "a:b@c"
    folder.mkdir(parents=True)
    organisation, browser = make_organisation(), client_of_person(make_consultant("ada"))

    browser.post(reverse("discovery:repository-new", args=[organisation.public_id]), {"location": str(folder)})

    assert Repository.objects.get().location == str(folder)
