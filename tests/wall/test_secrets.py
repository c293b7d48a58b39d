"""No credential that was planted stands anywhere afterwards: no row, log, document, page or error repeats it."""

import base64
import io
import logging
import os
import shutil
import subprocess
import traceback
from collections import defaultdict
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from pypdf import PdfReader

from core.models import Membership, StoredFile
from demo.account import REGIONS
from demo.audit import audit
from demo.company import open_company
from demo.credentials import Credentials
from demo.repository import Commit, Sample, build
from demo.samples.shop import BEGUN
from discovery import tasks
from discovery.exports import WRITERS
from discovery.management.commands.discover import option_of
from discovery.models import Run, Shard
from discovery.services import freezing, starting, summaries
from infra_audit.registry import catalogue
from infra_audit.secrets import SecretEngine
from tests.discovery_factories import make_aws_account, make_repository
from tests.factories import make_client, make_consultant, make_organisation, make_practice
from tests.infra_audit.mint import Mint
from tests.infra_audit.secrets.credential_files import putty_sample, samples
from tests.wall.world import client_of_person, rows_of_every_table

MAKERS = ("password", "aws_pair", "github_token", "stripe_key", "private_key", "database_url")
MINTED = (
    *("password", "text", "hexadecimal", "basic", "github_token", "bcrypt", "apr1", "sha512_crypt"),
    *("rsa_key", "pkcs8_key", "openssh_key"),
)
EVERY = 3  # of the credential files one in so many: each finding is a page to look at
LONG_ENOUGH = 12  # a shorter piece could stand somewhere by chance
WINDOW, STEP = 8, 4  # the shortest spelling, 11 bytes of base64, holds a whole window wherever it begins


@pytest.fixture
def planted(monkeypatch):
    """Every credential that the demo makes, noted as it is made."""
    noted = set()

    def noting(make):
        def made(self, *arguments, **options):
            value = make(self, *arguments, **options)
            noted.update(value if isinstance(value, tuple) else [value])
            return value

        return made

    for name in MAKERS:
        monkeypatch.setattr(Credentials, name, noting(getattr(Credentials, name)))
    for name in MINTED:
        monkeypatch.setattr(Mint, name, noting(getattr(Mint, name)))
    return noted


def spellings(secret):
    """The ways in which a credential could be written down. A long one is looked for line by line."""
    for line in filter(lambda one: len(one) >= LONG_ENOUGH and "-----" not in one, secret.splitlines()):
        yield from {line, quote(line, safe=""), quote_plus(line), line.encode().hex(), line[::-1]}
        for shift in range(3):  # whatever stands before it
            coded = base64.b64encode(b"\0" * shift + line.encode()).decode().rstrip("=")
            yield coded[(0, 2, 3)[shift] : -2]


@cache
def windows_of(planted):
    """Every spelling with its secret, by each of its first windows."""
    windows = defaultdict(set)
    for secret in planted:
        for spelt in map(str.encode, spellings(secret)):
            for at in range(STEP):
                windows[spelt[at : at + WINDOW]].add((spelt, secret))
    return windows


def found_in(text, planted):
    """Which of the planted stand in a text, by their first signs (the test's own report must not repeat them).

    Thousands of spellings are not looked for one by one in 50 MB of log: whatever stands there fills a window that
    begins at a multiple of STEP, and only spellings with a window that was seen are looked for.
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    windows = windows_of(frozenset(planted))
    seen = windows.keys() & (data[at : at + WINDOW] for at in range(0, len(data), STEP))
    return sorted({secret[:4] for window in seen for spelt, secret in windows[window] if spelt in data})


def test_a_leak_is_seen_however_it_is_spelt(planted):
    value = Credentials(1).password()
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + value.encode() + b"tail").decode()
        assert found_in(f"abc {coded} def", planted) == [value[:4]]
    assert found_in(f"https://ada:{quote(value, safe='')}@host", planted) == [value[:4]]
    for before in range(5):
        assert found_in(b"x" * before + value.encode(), planted) == [value[:4]]
    assert found_in("nothing here", planted) == []


@pytest.mark.slow
def test_the_engine_repeats_no_planted_credential(planted, aws, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    told = audit(open_company(tmp_path, emulator=aws))

    assert len(planted) > 20
    assert any(finding.check == "secret_at_head" for finding in told.evaluation.findings)
    assert found_in(repr(told.units), planted) == []
    assert found_in(repr(told.evaluation), planted) == []
    assert found_in(caplog.text, planted) == []


def text_of(pdf):
    reader = PdfReader(io.BytesIO(pdf))
    streams = b"".join(page.get_contents().get_data() for page in reader.pages)
    if shutil.which("pdftotext"):  # a tenth of the time
        text = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    else:
        text = "\n".join(page.extract_text() for page in reader.pages).encode()
    return text + repr(reader.metadata).encode() + streams


def dumped():
    """(name, bytes) of the database as it is kept: SQLite's files with what of deleted rows is left, or every COPY."""
    if connection.vendor == "sqlite":
        name = Path(connection.settings_dict["NAME"])
        for path in name.parent.glob(f"{name.name}*"):
            yield f"file {path.name}", path.read_bytes()
        return
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            with cursor.copy(f"COPY {connection.ops.quote_name(table)} TO STDOUT") as rows:
                yield f"dump of {table}", b"".join(rows)


def pages_of(run, summary, organisation):
    yield reverse("portal:home")
    yield reverse("portal:organisation", args=[organisation.public_id])
    yield reverse("discovery:client", args=[organisation.public_id])
    for query in ("", "?all=1", *(f"?all=1&page={number}" for number in range(2, 6))):
        yield reverse("discovery:run", args=[run.public_id]) + query
    for finding in organisation.findings.filter(check_id__contains="secret"):
        yield reverse("discovery:finding", args=[finding.public_id])
    for finding in organisation.findings.filter(check_id="credential_file_committed")[:5]:
        yield reverse("discovery:finding", args=[finding.public_id])
    for finding in organisation.findings.filter(check_id__startswith="tf_password"):
        yield reverse("discovery:finding", args=[finding.public_id])
    for name in ("summary", "summary-preview", "summary-document"):
        yield reverse(f"discovery:{name}", args=[summary.public_id])
    # A panel stands beside the whole board, so those of credentials show everything that any of them does.
    for entry in summary.entries.filter(check_id__contains="secret"):
        for name in ("triage-reword", "triage-false"):
            yield reverse(f"discovery:{name}", args=[summary.public_id, entry.public_id])
    for stored in (summary.pdf, summary.evidence_csv):
        if stored:
            yield reverse("core:file", args=[stored.public_id])


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.slow
@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_no_planted_credential_stands_anywhere_after_an_audit(planted, aws, tmp_path, caplog, capsys, mailoutbox):
    caplog.set_level(logging.DEBUG)
    make_practice()
    ada, organisation = make_consultant("ada"), make_organisation("Harbour & Pine")
    ben = make_client("ben", organisation=organisation, role=Membership.Role.OWNER)
    (tmp_path / "sample").mkdir()
    told = {}
    made = open_company(tmp_path / "sample", emulator=aws)
    planted.add(os.environ["AWS_SECRET_ACCESS_KEY"])
    documents = {kind: tmp_path / f"run.{kind}" for kind in WRITERS}
    arguments = ["--client", organisation.name, "--endpoint-url", aws.url, "--regions", ",".join(REGIONS)]
    repositories = [*made.repositories, a_repository_of_credential_files(tmp_path)]
    arguments += [word for one in repositories for word in ("--repo", str(one))]
    arguments += [word for one in made.states for word in ("--tfstate", str(one))]
    arguments += [word for kind, path in documents.items() for word in (option_of(kind), str(path))]
    call_command("discover", *arguments)
    run = Run.objects.get()
    summary = summaries.draft_summary(run=run, actor=ada)
    browser = client_of_person(ada)
    for url in pages_of(run, summary, organisation):
        told[f"ada's {url}"] = body(browser.get(url))
    summaries.freeze_summary(summary=summary, actor=ada)
    freezing.finish_freezing(summary_id=summary.pk)
    summary.refresh_from_db()
    for person in (ada, ben):
        browser = client_of_person(person)
        for url in pages_of(run, summary, organisation):
            told[f"{person}'s {url}"] = body(browser.get(url))
    for kind, path in documents.items():
        told[kind] = path.read_bytes()
    for stored in StoredFile.objects.all():
        told[f"stored {stored}"] = stored.file.read()
    told |= {f"text of {name}": text_of(data) for name, data in told.items() if data.startswith(b"%PDF")}
    told |= {f"rows of {table}": repr(rows).encode() for table, rows in rows_of_every_table().items()}
    told |= dict(dumped())
    told["log"] = caplog.text.encode()
    told["output"] = "".join(capsys.readouterr()).encode()
    told["mail"] = repr([mail.message().as_bytes() for mail in mailoutbox]).encode()

    assert run.occurrences.filter(finding__check_id="ec2_secret_in_user_data").count() >= 4
    assert run.occurrences.filter(finding__check_id="credential_file_committed").count() >= 20
    assert summary.status == "frozen"
    assert any(name.startswith(("file ", "dump of discovery_finding")) and data for name, data in told.items())
    assert sum(name.startswith("text of") for name in told) >= 2
    assert {name: seen for name, data in told.items() if (seen := found_in(data, planted))} == {}


class Poison(ValueError):
    """An error that carries what it stumbled over, as those of parsers do."""


@pytest.fixture
def stumbling(monkeypatch):
    """The secret engine breaks with the text in its hands; gives what it had in its hands."""
    held = set()

    def scan(self, data, **_):
        text = data.decode("utf-8", "replace")
        held.add(text)
        raise Poison(f"cannot make sense of {text}")

    monkeypatch.setattr(SecretEngine, "scan", scan)
    return held


@pytest.fixture
def logged(caplog):
    """All that is logged from now on, tracebacks too."""
    caplog.set_level(logging.DEBUG)
    return lambda: (
        caplog.text
        + "".join("".join(traceback.format_exception(*record.exc_info)) for record in caplog.records if record.exc_info)
    )


@pytest.mark.django_db(transaction=True)
def test_a_collector_of_a_repository_that_breaks_tells_nobody_what_it_held(stumbling, logged, tmp_path, planted):
    value = Credentials(2).password()
    repository = make_repository(location=str(a_repository(tmp_path, f"DB_PASSWORD={value}\n")))
    run = started(repository.organisation, repositories=[repository])

    drained(run)

    assert any(value in text for text in stumbling)
    assert found_in(logged(), planted) == []
    assert found_in(repr(rows_of_every_table()), planted) == []
    run.refresh_from_db()
    assert run.status == Run.Status.DONE_WITH_GAPS
    assert "secret_at_head" in {gap["check"] for gap in run.result["not_assessed"]}
    assert run.units.get(operation="repo.secrets").ending == "error"
    assert run.units.get(operation="repo.files").ending == "ok"


@pytest.mark.django_db(transaction=True)
def test_a_collector_of_an_account_that_breaks_tells_nobody_what_it_held(stumbling, logged, planted, aws, monkeypatch):
    value = Credentials(3).password()
    script = f"#!/bin/sh\nexport DB_PASSWORD={value}\n"
    aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, UserData=script)
    account = make_aws_account(account_id="", endpoint_url=aws.url, regions=["eu-west-1"], consent="configuration")
    run = started(account.organisation, accounts=[account])

    drained(run)

    assert any(value in text for text in stumbling)
    assert found_in(logged(), planted) == []
    assert found_in(repr(rows_of_every_table()), planted) == []
    assert run.units.get(operation="ec2.describe_instance_attribute").ending == "error"


@pytest.mark.django_db(transaction=True)
def test_a_check_that_breaks_is_not_assessed_and_the_run_ends(monkeypatch, logged, aws):
    ec2 = aws.client("ec2")
    group = ec2.create_security_group(GroupName="open", Description="open")["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    held = Credentials(4).password()

    def judge(inventory, settings, now):
        yield from ()
        raise Poison(f"cannot make sense of {held}")

    broken = catalogue()["sg_ssh_open"]
    monkeypatch.setitem(vars(broken), "judge", judge)  # a check is frozen
    account = make_aws_account(account_id="", endpoint_url=aws.url, regions=["eu-west-1"], consent="configuration")
    run = started(account.organisation, accounts=[account])

    drained(run)

    run.refresh_from_db()
    assert run.status == Run.Status.DONE_WITH_GAPS
    gap = next(one for one in run.result["not_assessed"] if one["check"] == "sg_ssh_open")
    assert (gap["reason"], gap["region"]) == ("error", "eu-west-1")
    assert "sg_ssh_open" not in run.result["examined"]
    assert run.result["examined"]["resource_untagged"] > 0
    assert "sg_ssh_open" in logged()
    assert found_in(logged() + repr(rows_of_every_table()), {held}) == []


def started(organisation, accounts=(), repositories=()):
    return starting.start_run(
        organisation=organisation,
        accounts=accounts,
        repositories=repositories,
        actor=None,
        in_this_process=True,
    )


def drained(run):
    """Through Celery's own tracing, which logs what a task raises."""
    for _ in range(3):
        Shard.objects.filter(run=run, status=Shard.Status.QUEUED).update(not_before=run.created_at)
        for shard in run.shards.filter(status=Shard.Status.QUEUED):
            tasks.execute_shard.apply(args=[shard.pk])


def a_repository(folder, content):
    sample = Sample("shop", [Commit(BEGUN, "ada", "Begin", {"app.env": content})])
    return build(sample, folder)


def a_repository_of_credential_files(folder):
    """Some forty credentials of as many kinds, each where its program keeps it."""
    files = {sample.path: sample.text for sample in [*list(samples())[::EVERY], putty_sample()]}
    return build(Sample("left-behind", [Commit(BEGUN, "ben", "Keep what I need", files)]), folder)
