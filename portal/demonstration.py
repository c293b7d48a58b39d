"""The demo: an invented company's emulated account, audited the way a real one would be.

Everything lies in a folder of its own under `var/demo`, made anew at each start. The audit goes through the same
queue, database and worker that production uses; nothing is computed beforehand.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.core.management import call_command
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core import clock, processes
from core.models import Membership, Organisation, Practice, User, make_public_id
from core.services import people
from demo.account import COMPANY, REGIONS
from demo.company import Company, company
from discovery.models import AwsAccount, Run, Summary
from discovery.services import starting, summaries, targets
from portal import showcase

CONSULTANT = "ada@practice.example"
CLIENT = "ben@harbourandpine.example"
READER = showcase.READER
OTHER_CLIENT = "cleo@otherclient.example"
PDF_NAME = "executive-summary.pdf"
PATIENCE_S = 600
POLL_S = 0.5
PERIOD_S = 30  # of a code
ENOUGH_S = 12  # to read and type one

Say = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    """The demo's practice: who can sign in, and what is audited."""

    consultant: User
    password: str
    account: AwsAccount
    organisation: Organisation


def environment(folder: Path) -> dict[str, str]:
    """Settings with which every process of the demo keeps to its folder and to this machine."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "DEMO": "true",
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "CELERY_BROKER_URL": "filesystem://",
        "CACHE_URL": "dbcache://cache_entries",
        "MEDIA_STORAGE_URL": str(folder / "media"),
        "EMAIL_URL": f"folder://{folder / 'mail'}",
        "BASE_URL": "http://localhost:8000",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "SECRET_KEY": "",
        "FIELD_KEYS": "",
    }


def show(*, once: bool, say: Say) -> bool:
    """Set up, audit, write the PDF, and unless `once`, serve until Ctrl-C. False where no PDF could be made."""
    with ExitStack() as stack:
        say("Setting up the database …")
        _prepare_database()
        say(f"Starting an emulated AWS endpoint and making {COMPANY}'s account in it …")
        sample = Path(settings.VAR_DIR) / "sample"
        sample.mkdir(exist_ok=True)
        made = stack.enter_context(company(sample, now=clock.now()))
        loaded = _load_practice(made)
        served = stack.enter_context(processes.running(environment=made.emulator.environment()))
        say("Signing a project, and working on it …")
        ben = User.objects.get(email=CLIENT)
        showcase.set_up(organisation=loaded.organisation, ada=loaded.consultant)
        showcase.show_what_is_behind(organisation=loaded.organisation, ada=loaded.consultant, ben=ben)
        engagement = showcase.show_what_was_done(organisation=loaded.organisation, ada=loaded.consultant, ben=ben)
        say("Auditing through the queue …")
        summary = _told(_audit(loaded, say), loaded)
        written = _write_pdf(summary)
        say(f"The executive summary: {written}" if written else summary.failure)
        say("Mending some of it, and auditing again …")
        made.mend()
        again = _audit(loaded, say)
        showcase.show_what_is_offered(run=again, organisation=loaded.organisation, ada=loaded.consultant, ben=ben)
        showcase.show_what_is_reported(engagement=engagement, ada=loaded.consultant)
        showcase.watch_the_client(organisation=loaded.organisation, ada=loaded.consultant)
        if not once:
            _say_how_to_sign_in(loaded, served.url, say)
            served.wait()
        return written is not None


def _prepare_database() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def _load_practice(made: Company) -> Loaded:
    """The practice, its people, and what of the client is to be audited."""
    practice = Practice.get()
    practice.name, practice.zone, practice.currency = "Lantern Infrastructure", "Europe/Dublin", "EUR"
    practice.save()
    password = make_public_id()
    ada = people.add_consultant(email=CONSULTANT, name="Ada Lindqvist", password=password, actor=None)
    totp.TOTP.activate(ada, totp.generate_totp_secret())
    organisation = Organisation.objects.create(name=COMPANY, currency="EUR", locale="en_IE")
    other = Organisation.objects.create(name="Other Client", currency="EUR", locale="en_IE")
    for email, name, of in ((CLIENT, "Ben Okafor", organisation), (OTHER_CLIENT, "Cleo Marsh", other)):
        people.invite_client(organisation=of, email=email, name=name, role=Membership.Role.OWNER, actor=ada)
    account = AwsAccount(
        organisation=organisation, name="production", endpoint_url=made.emulator.url, regions=list(REGIONS)
    )
    targets.add_aws_account(account=account, actor=ada)
    targets.record_consent(account=account, consent=AwsAccount.Consent.CONFIGURATION, actor=ada)
    for location in made.repositories:
        targets.add_repository(organisation=organisation, location=str(location), actor=ada)
    targets.add_state_files(organisation=organisation, paths=list(made.states), actor=ada)
    return Loaded(ada, password, account, organisation)


def _audit(loaded: Loaded, say: Say) -> Run:
    """Start a run as its page would, and wait for the workers."""
    run = starting.start_run(
        organisation=loaded.organisation,
        accounts=[loaded.account],
        repositories=list(loaded.organisation.repositories.all()),
        actor=loaded.consultant,
    )
    _watch(run)
    run.refresh_from_db()
    findings = run.occurrences.bad().count()
    gaps = len(run.result.get("not_assessed", []))
    say(f"{run.get_status_display()}: {findings} findings, {gaps} things not assessed.")
    return run


def _told(run: Run, loaded: Loaded) -> Summary:
    """The summary as it was drafted, frozen: through the queue again."""
    summary = summaries.draft_summary(run=run, actor=loaded.consultant)
    summaries.freeze_summary(summary=summary, actor=loaded.consultant)
    _wait_for(lambda: Summary.objects.get(pk=summary.pk).status != Summary.Status.FREEZING)
    summary.refresh_from_db()
    return summary


def _watch(run: Run) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(f"Auditing {COMPANY}", total=None, note="")

        def over() -> bool:
            planned = sum(len(one) for one in run.shards.values_list("planned", flat=True))
            done = run.units.count()
            bar.update(task, total=max(planned, done) or None, completed=done, note=f"{done} read")
            return Run.objects.get(pk=run.pk).is_over

        _wait_for(over)


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("The demo's worker did not get on: see its messages above.")
        time.sleep(POLL_S)


def _write_pdf(summary: Summary) -> Path | None:
    if summary.pdf is None:
        return None
    path = Path(settings.VAR_DIR) / PDF_NAME
    with summary.pdf.file.open("rb") as stored:
        path.write_bytes(stored.read())
    return path


def current_code() -> str:
    """The six digits that the consultant's authenticator app shows; waits for the next ones where these end soon."""
    left = PERIOD_S - time.time() % PERIOD_S
    if left < ENOUGH_S:
        time.sleep(left)
    stored = Authenticator.objects.get(user__email=CONSULTANT, type=Authenticator.Type.TOTP)
    secret: str = decrypt(stored.data["secret"])
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def _say_how_to_sign_in(loaded: Loaded, url: str, say: Say) -> None:
    say(
        f"""
Open {url}

  As the consultant   {CONSULTANT}
    password          {loaded.password}
    code now          {current_code()}   (the next one: make demo ARGS=--code)

  As the client       {CLIENT}
    a colleague       {READER}, who reads and sees no money
    another client    {OTHER_CLIENT}, who sees nothing of all this
    by e-mailed code; the demo's mail is shown at {url}/demo/mail/

Ctrl-C ends it."""
    )
