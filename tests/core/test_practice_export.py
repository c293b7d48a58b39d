"""Everything of the practice as one ZIP, and nothing in it that opens a door."""

import csv
import datetime as dt
import io
import json
import os
import stat
import tempfile
import tracemalloc
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from core import clock, tasks, whole_export
from core.errors import DomainError
from core.models import Event, Organisation, PracticeExport, StoredFile, User
from core.services import exports
from tests.discovery_factories import make_aws_account
from tests.engagement_factories import make_proposal_link, make_sent_revision
from tests.factories import make_password, make_practice, make_stored_file, organisation_of
from tests.outreach_factories import make_contact

pytestmark = pytest.mark.django_db
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def password():
    return make_password()


@pytest.fixture
def full(ada, ben, password):
    """A practice with a little of what could give something away."""
    make_practice()
    ada.set_password(password)
    ada.save()
    revision = make_sent_revision(client_of=ben, price="10000.50")
    link = make_proposal_link(revision)
    role = {"role_arn": "arn:aws:iam::123456789012:role/reader", "external_id": make_password()}
    account = make_aws_account(organisation_of(ben), **role)
    make_contact(ada, name="Mara", company=FORMULA, tags=["aws"])
    Organisation.objects.filter(pk=organisation_of(ben).pk).update(name="Tern/and: Tide")
    stored = make_stored_file(b"the evidence", name="../evidence.txt", organisation=organisation_of(ben))
    return link, account, stored


def exported():
    file = io.BytesIO()
    told = whole_export.write(file)
    return zipfile.ZipFile(file), told


def lines_of(archive, table):
    return [json.loads(line) for line in archive.read(f"tables/{table}.jsonl").decode().splitlines()]


def sheet_of(archive, table):
    return list(csv.DictReader(io.StringIO(archive.read(f"tables/{table}.csv").decode("utf-8-sig"))))


def test_every_table_and_every_row_is_there_twice(full):
    archive, told = exported()

    assert archive.testzip() is None
    assert told["tables"] == len(whole_export.tables()) > 40
    for table in whole_export.tables():
        count = table.model._base_manager.count()
        assert (table.name, len(lines_of(archive, table.name))) == (table.name, count)
        assert (table.name, len(sheet_of(archive, table.name))) == (table.name, count)
    assert "outreach.contact_tags" in {table.name for table in whole_export.tables()}


def test_money_is_text_with_its_currency(full):
    archive, _told = exported()

    revision = lines_of(archive, "engagements.proposalline")[0]
    assert (revision["price"], revision["price_currency"]) == ("10000.50", "USD")
    assert sheet_of(archive, "engagements.proposalline")[0]["price"] == "10000.50"


def test_no_cell_runs_in_a_spreadsheet_and_the_lines_hold_what_was_written(full):
    archive, _told = exported()

    assert sheet_of(archive, "outreach.contact")[0]["company"] == f"'{FORMULA}"
    assert lines_of(archive, "outreach.contact")[0]["company"] == FORMULA


def test_files_lie_under_names_that_a_person_reads(full):
    *_others, stored = full
    archive, _told = exported()

    name = f"files/Tern and Tide/{stored.created_at:%Y-%m-%d} evidence ({stored.pk}).txt"
    assert archive.read(name) == b"the evidence"
    assert {"in_zip": name}.items() <= lines_of(archive, "core.storedfile")[-1].items()
    assert not [one for one in archive.namelist() if ".." in one.split("/") or one.startswith("/")]


def test_nothing_in_it_opens_a_door(full, ada, password, settings):
    link, account, _stored = full
    archive, _told = exported()

    everything = b"".join(archive.read(name) for name in archive.namelist())
    secrets = {
        "password": password,
        "hash": ada.password,
        "link": link.token,
        "external id": account.external_id,
        "key": settings.SECRET_KEY,
        "field key": settings.FIELD_KEYS[0],
        "second factor": ada.authenticator_set.first().data["secret"],
        "fingerprint key": make_practice().fingerprint_key_encrypted,
        "fingerprint key, open": make_practice().fingerprint_key.hex(),
    }
    assert all(secrets.values())
    assert [name for name, value in secrets.items() if value.encode() in everything] == []
    assert b"core.user: password" in archive.read("README.txt")


def test_a_file_that_is_lost_is_counted_and_the_rest_is_there(full):
    *_others, stored = full
    default_storage.delete(stored.file.name)

    archive, told = exported()

    assert told["lost"] == 1
    assert "1 files that a row names were no longer" in archive.read("README.txt").decode()


def test_memory_stays_flat_however_large_the_files_are(ada):
    make_practice()
    large = make_stored_file(os.urandom(1024) * 1024 * 40)
    del large
    with tempfile.TemporaryFile() as file:
        tracemalloc.start()
        whole_export.write(file)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < 20 * 1024**2


def test_the_command_writes_a_file_for_its_owner_alone(full, tmp_path, capsys):
    call_command("export_practice", tmp_path / "all.zip")

    assert stat.S_IMODE((tmp_path / "all.zip").stat().st_mode) == 0o600
    assert zipfile.is_zipfile(tmp_path / "all.zip")
    assert "rows" in capsys.readouterr().out


def test_the_command_that_fails_leaves_nothing(full, tmp_path, monkeypatch):
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_practice", tmp_path / "away" / "all.zip")

    def full_disk(*_all):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole_export, "_write_file", full_disk)
    with pytest.raises(CommandError, match="No space left"):
        call_command("export_practice", tmp_path / "all.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def made(full, ada):
    export = exports.ask_for_export(actor=ada)
    exports.make_export(export_id=export.pk)
    return PracticeExport.objects.get()


def test_a_button_has_it_made_and_the_page_offers_it(
    full, ada, client, django_capture_on_commit_callbacks, monkeypatch
):
    rung = []
    monkeypatch.setattr(tasks.make_export, "delay", rung.append)
    client.force_login(ada)
    assertContains(client.get(reverse("core:exports")), "Export everything")

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("core:export-new"))

    export = PracticeExport.objects.get()
    assert (answer.status_code, rung) == (302, [export.pk])
    assertContains(client.get(reverse("core:exports")), "The export is being made.")
    assertContains(client.post(reverse("core:export-new")), "being made already", status_code=409)
    tasks.make_export(export.pk)
    export.refresh_from_db()
    page = client.get(reverse("core:exports"))
    assertContains(page, reverse("core:file", args=[export.file.public_id]))
    got = client.get(reverse("core:file", args=[export.file.public_id]))
    assert zipfile.is_zipfile(io.BytesIO(b"".join(got.streaming_content)))
    assert {"export.asked", "export.made"} <= set(Event.objects.values_list("what", flat=True))


@pytest.mark.parametrize("who", ["ben", "cleo"])
def test_no_client_gets_at_it(made, client, request, who):
    client.force_login(request.getfixturevalue(who))

    assert made.file.audience == StoredFile.Audience.STAFF
    assert client.get(reverse("core:file", args=[made.file.public_id])).status_code == 404
    assert client.get(reverse("core:exports")).status_code == 404
    assert client.post(reverse("core:export-new")).status_code == 404
    assert not PracticeExport.objects.visible_to(request.getfixturevalue(who)).exists()


def test_a_week_later_it_is_deleted(made, ada, client, django_capture_on_commit_callbacks):
    name = made.file.file.name
    exports.tidy_exports()
    assert default_storage.exists(name)
    PracticeExport.objects.update(finished_at=clock.now() - dt.timedelta(days=7, minutes=1))

    with django_capture_on_commit_callbacks(execute=True):
        tasks.tidy_exports()

    assert not default_storage.exists(name)
    assert not StoredFile.objects.filter(content_type="application/zip").exists()
    client.force_login(ada)
    assertNotContains(client.get(reverse("core:exports")), "Download")


def test_an_export_holds_no_earlier_export(made):
    archive, told = exported()

    assert told["files"] == StoredFile.objects.count() - 1
    assert not [name for name in archive.namelist() if name.endswith(".zip")]


def test_a_second_worker_does_nothing_and_a_lost_one_is_replaced(full, ada, monkeypatch):
    export = exports.ask_for_export(actor=ada)
    soon = clock.real_now() + dt.timedelta(minutes=5)
    PracticeExport.objects.update(lease_until=soon, asked_at=clock.now() - dt.timedelta(hours=1))
    rung = []
    monkeypatch.setattr(tasks.make_export, "delay", rung.append)

    exports.make_export(export_id=export.pk)
    exports.tidy_exports()
    assert (StoredFile.objects.filter(content_type="application/zip").count(), rung) == (0, [])

    PracticeExport.objects.update(lease_until=clock.real_now() - dt.timedelta(seconds=1))
    exports.tidy_exports()
    assert rung == [export.pk]
    exports.make_export(export_id=export.pk)
    exports.make_export(export_id=export.pk)
    assert StoredFile.objects.filter(content_type="application/zip").count() == 1


@pytest.mark.parametrize("problem", [OSError(28, "full"), ZeroDivisionError()])
def test_what_fails_is_said_and_can_be_asked_for_again(full, ada, client, monkeypatch, problem):
    def refuse(*_all, **_more):
        raise problem

    export = exports.ask_for_export(actor=ada)
    monkeypatch.setattr(whole_export, "write", refuse)
    exports.make_export(export_id=export.pk)

    export.refresh_from_db()
    client.force_login(ada)
    assertContains(client.get(reverse("core:exports")), export.failure)
    assert exports.ask_for_export(actor=ada)


def test_while_one_is_made_no_other_is(full, ada):
    exports.ask_for_export(actor=ada)

    with pytest.raises(DomainError, match="being made already"):
        exports.ask_for_export(actor=ada)


@pytest.mark.parametrize("count", [3, 30])
def test_the_page_asks_as_often_for_many(ada, client, django_assert_num_queries, count):
    client.force_login(ada)
    client.get(reverse("core:exports"))
    for number in range(count):
        stored = make_stored_file(b"x", name=f"{number}.zip")
        PracticeExport.objects.create(asked_by=ada, status="ready", file=stored, told={"rows": 1, "files": 1})

    with django_assert_num_queries(5):
        assertContains(client.get(reverse("core:exports")), "Download", count=min(count, 10))


def test_people_of_the_export_are_all_of_them(full):
    archive, _told = exported()

    assert {row["email"] for row in lines_of(archive, "core.user")} == set(User.objects.values_list("email", flat=True))
