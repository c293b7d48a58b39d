"""Repositories that are sent as one file: read once, then gone."""

import io
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.errors import DomainError
from core.models import Event
from discovery.models import Run
from discovery.services import executing, starting, targets
from discovery.services.sent import FOLDER, add_sent_repository
from tests.discovery_factories import make_organisation, make_repository

MADE = {
    **{
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "ada"), ("EMAIL", "a@b.example"))
    },
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "PATH": "/usr/bin:/bin",
}


@pytest.fixture
def bundle(tmp_path):
    """A repository of one commit, as a client sends it."""
    folder, file = tmp_path / "shop", tmp_path / "shop.bundle"
    for command in (["init", "-q", folder], ["-C", folder, "commit", "-q", "--allow-empty", "-m", "Begin"]):
        subprocess.run(["git", *map(str, command)], check=True, env=MADE)
    subprocess.run(["git", "-C", folder, "bundle", "create", "-q", file, "--all"], check=True, env=MADE)
    return file.read_bytes()


def kept():
    return sorted((Path(settings.VAR_DIR) / FOLDER).iterdir())


def send(organisation, content, ada, name="shop.bundle"):
    return add_sent_repository(organisation=organisation, file=io.BytesIO(content), name=name, actor=ada)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()


@pytest.mark.django_db(transaction=True)
def test_what_was_sent_is_read_once_and_gone(bundle, ada):
    repository = send(make_organisation(), bundle, ada)
    assert (repository.name, repository.sent, len(kept())) == ("shop", True, 1)
    assert oct(kept()[0].stat().st_mode)[-3:] == "600"

    run = starting.start_run(
        organisation=repository.organisation, accounts=[], repositories=[repository], actor=ada, in_this_process=True
    )
    executing.drain(run=run)

    run.refresh_from_db()
    assert run.status in {Run.Status.DONE, Run.Status.DONE_WITH_GAPS}
    assert run.occurrences.filter(finding__check_id="readme_missing").exists()
    assert kept() == []
    assert repository.was_read
    with pytest.raises(DomainError, match="send it again"):
        starting.start_run(organisation=repository.organisation, accounts=[], repositories=[repository], actor=ada)


@pytest.mark.django_db(transaction=True)
def test_sent_again_it_is_the_same_repository(bundle, ada):
    organisation = make_organisation()
    first, again = send(organisation, bundle, ada), send(organisation, bundle, ada)

    assert (again.pk, organisation.repositories.count(), len(kept())) == (first.pk, 1, 1)
    assert Event.objects.filter(what="repository.sent").count() == 2


@pytest.mark.django_db(transaction=True)
def test_removed_it_leaves_nothing(bundle, ada):
    targets.remove_repository(repository=send(make_organisation(), bundle, ada), actor=ada)

    assert kept() == []


def test_what_is_no_repository_is_refused_and_not_kept(db, ada):
    with pytest.raises(DomainError, match="no git bundle"):
        send(make_organisation(), b"hello", ada)

    assert kept() == []


def test_the_name_of_one_that_lies_elsewhere_is_refused(db, bundle, ada):
    organisation = make_organisation()
    make_repository(organisation, name="shop")

    with pytest.raises(DomainError, match="another name"):
        send(organisation, bundle, ada)

    assert kept() == []


def test_it_is_sent_on_a_page(client, bundle, ada):
    organisation = make_organisation()
    page = reverse("discovery:repository-send", args=[organisation.public_id])
    client.force_login(ada)

    refused = client.post(page, {"file": SimpleUploadedFile("notes.txt", b"hello")})
    assert refused.status_code == 422
    assert "no git bundle" in refused.content.decode()

    answer = client.post(page, {"file": SimpleUploadedFile("shop.bundle", bundle), "name": "Shop"})
    assert answer.url == reverse("discovery:client", args=[organisation.public_id])
    text = client.get(answer.url).content.decode()
    assert "Sent as a file, not read yet" in text
    assert str(kept()[0]) not in text

    kept()[0].unlink()
    assert "send it again" in client.get(answer.url).content.decode()
