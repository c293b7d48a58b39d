"""What the doctor looks at: settings, database, queue, mail, files, machine."""

import contextlib
import datetime as dt
import hashlib
import ipaddress
import secrets
import shutil
import subprocess
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail.backends.filebased import EmailBackend as FileBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.core.validators import validate_email
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from core import beating, clock, crypto, triggers
from core.doctor import Told, check, fault, ok, one_line, warning
from core.errors import DomainError
from core.models import Practice, StoredFile
from core.pdf import PdfLimits, render_pdf
from core.services.backups import backups_in

HOME = frozenset({"localhost", "127.0.0.1", "::1"})
SHORTEST_KEY = 50  # as Django's own check wants
LEAST_FREE = 1024**3  # bytes
FREE_SHARE = 0.10
CLOCKS_APART_S = 5
BACKUP_AGE = dt.timedelta(hours=36)
NEW_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(50))"'
NEW_FIELD_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


def _host() -> str:
    return urlsplit(settings.BASE_URL).hostname or ""


# --- settings -----------------------------------------------------------------------------------------------------


@check("secret key")
def secret_key() -> Told:
    if len(settings.SECRET_KEY) < SHORTEST_KEY or len(set(settings.SECRET_KEY)) < 5:
        return fault("missing, or too short to be safe", f"Set SECRET_KEY to what this prints: {NEW_KEY}")
    return ok("set")


@check("field keys")
def field_keys() -> Told:
    if not settings.FIELD_KEYS:
        return fault("none are set", f"Set FIELD_KEYS to what this prints, and keep a copy elsewhere: {NEW_FIELD_KEY}")
    try:
        [Fernet(key) for key in settings.FIELD_KEYS]
    except ValueError:
        return fault("one of them is no key", f"Set FIELD_KEYS to keys as this prints them: {NEW_FIELD_KEY}")
    return ok(f"{len(settings.FIELD_KEYS)} set; keep a copy elsewhere, no backup holds them")


@check("hosts")
def hosts() -> Told:
    if "*" in settings.ALLOWED_HOSTS:
        return fault("every host name is answered", "Set ALLOWED_HOSTS to the names that the practice is reached by.")
    wanted = [host.lstrip(".").strip("[]").lower() for host in settings.ALLOWED_HOSTS]
    if not any(_host() == host or _host().endswith(f".{host}") for host in wanted):
        return fault(f"{_host()}, of BASE_URL, is not among them", f"Add {_host()} to ALLOWED_HOSTS.")
    return ok(", ".join(settings.ALLOWED_HOSTS))


@check("address")
def address() -> Told:
    parts = urlsplit(settings.BASE_URL)
    if parts.scheme == "http" and parts.hostname in HOME and not settings.SECURE_SSL_REDIRECT:
        return ok(f"{settings.BASE_URL}, this machine alone")
    if parts.scheme != "https" or not parts.hostname:
        return fault(
            f"BASE_URL is {settings.BASE_URL}",
            "Set BASE_URL to the address that clients use, as https://practice.example.",
        )
    return ok(settings.BASE_URL)


@check("debug")
def debug() -> Told:
    if settings.DEBUG:
        return fault("on: errors show settings and source to everybody", "Take DEBUG out of the environment.")
    return ok("off")


@check("proxies")
def proxies() -> Told:
    for proxy in settings.TRUSTED_PROXIES:
        try:
            ipaddress.ip_network("::" if proxy == "unix" else proxy)
        except ValueError:
            return fault(
                f"{proxy} is no address", "Set TRUSTED_PROXIES to addresses, networks as 10.0.0.0/8, or the word unix."
            )
    if not settings.TRUSTED_PROXIES and _host() not in HOME:
        return warning(
            "none is trusted, so everybody seems to come from the proxy",
            "Set TRUSTED_PROXIES to the address of the server that speaks TLS for this one.",
        )
    return ok(", ".join(settings.TRUSTED_PROXIES) or "none, this machine alone")


@check("static files")
def static_files() -> Told:
    if isinstance(staticfiles_storage, ManifestFilesMixin):
        staticfiles_storage.hashed_files, *_rest = staticfiles_storage.load_manifest()
        if not staticfiles_storage.hashed_files:
            return fault("not collected", "Run: manage.py collectstatic --no-input")
    return ok("collected")


# --- data ---------------------------------------------------------------------------------------------------------


@check("database")
def database() -> Told:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as problem:
        return fault(f"does not answer: {one_line(problem)}", "Start the database, or correct DATABASE_URL.")
    return ok("SQLite" if connection.vendor == "sqlite" else "PostgreSQL")


@check("migrations", needs=("database",))
def migrations() -> Told:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return fault(f"{len(waiting)} not applied", "Run: manage.py migrate")
    return ok("all applied")


@check("frozen rows", needs=("database", "migrations"), after_restoring=True)
def frozen_rows() -> Told:
    if away := triggers.missing(connection):
        return fault(f"{len(away)} triggers are missing, {away[0]} for one", "Run: manage.py migrate")
    return ok("guarded by their triggers")


@check("journal", needs=("database",))
def journal() -> Told:
    if connection.vendor != "sqlite":
        return ok("kept by PostgreSQL")
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        return fault(
            f"SQLite writes in mode {mode}, so readers and writers wait for each other",
            "Put the database on a local disk, not on a network share, and restart every process.",
        )
    return ok("write-ahead")


@check("stored secrets", needs=("database", "migrations", "field keys"), after_restoring=True)
def stored_secrets() -> Told:
    stored = Practice.objects.values_list("fingerprint_key_encrypted", flat=True).first()
    try:
        if stored is not None:
            crypto.decrypt(stored)
    except InvalidToken:
        return fault("FIELD_KEYS do not open what is stored", "Add the key that was in use before to FIELD_KEYS.")
    return ok("open with the keys that are set")


@check("cache", needs=("database",))
def shared_cache() -> Told:
    value = secrets.token_hex(8)
    try:
        cache.set("doctor", value, 60)
        kept = cache.get("doctor") == value
        cache.delete("doctor")
    except DatabaseError:
        return fault("its table is not there", "Run: manage.py createcachetable")
    except Exception as problem:  # each kind of cache has errors of its own
        return fault(f"does not answer ({type(problem).__name__})", "Start Redis, or correct CACHE_URL.")
    if not kept:
        return fault("forgets what it is told", "Set CACHE_URL to a Redis, or leave it out to use the database.")
    if settings.CACHES["default"]["BACKEND"].endswith(("LocMemCache", "DummyCache")):
        return warning(
            "each process has its own, so limits on signing in are not shared",
            "Set CACHE_URL to a Redis, or leave it out to use the database.",
        )
    return ok("keeps what it is told")


@check("storage")
def storage() -> Told:
    content = secrets.token_bytes(32)
    try:
        name = default_storage.save(f"doctor/{secrets.token_hex(8)}", ContentFile(content))
        try:
            with default_storage.open(name, "rb") as file:
                same = file.read() == content
        finally:
            default_storage.delete(name)
    except Exception as problem:  # a bucket and a folder fail in many ways
        return fault(
            f"cannot be written and read ({type(problem).__name__})",
            "Let the program's user write where MEDIA_STORAGE_URL points, or correct it.",
        )
    if not same:
        return fault("gives back other bytes than it was given", "Point MEDIA_STORAGE_URL at a sound disk or bucket.")
    return ok("written, read back, removed")


@check("stored files", needs=("database", "migrations"), thorough=True, after_restoring=True)
def stored_files() -> Told:
    """Every file is read and compared with the hash in its row."""
    count, bad = 0, []
    for name, sha256 in StoredFile.objects.order_by("pk").values_list("file", "sha256").iterator():
        count += 1
        try:
            with default_storage.open(name, "rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            same = False
        if not same:
            bad.append(name)
    if bad:
        return fault(f"{len(bad)} of {count} are gone or changed, {bad[0]} for one", "Take them from the last backup.")
    return ok(f"all {count} are as they were stored")


@check("backup")
def backup() -> Told:
    newest = next(iter(backups_in(Path(settings.BACKUP_DIR))), None)
    mend = "Let practice-backup.timer run each night, or run: manage.py backup"
    if newest is None:
        return warning(f"none in {settings.BACKUP_DIR}", mend)
    age = clock.real_now() - dt.datetime.fromtimestamp(newest.stat().st_mtime, dt.UTC)
    if age > BACKUP_AGE:
        return warning(f"the newest is {age.days} days old", mend)
    return ok(f"{newest.name}; try now and then to restore one")


# --- jobs and mail ------------------------------------------------------------------------------------------------


@check("broker")
def broker() -> Told:
    try:
        beating.knock()
    except Exception as problem:  # each transport has errors of its own
        return fault(f"does not answer ({type(problem).__name__})", "Start Redis, or correct CELERY_BROKER_URL.")
    return ok("answers")


@check("worker", needs=("broker", "cache"))
def worker() -> Told:
    answering = beating.workers()
    if not answering:
        return fault("none answers: no audit, PDF or mail is made", "Start the worker: systemctl start practice-worker")
    return ok("one answers" if answering == 1 else f"{answering} answer")


@check("scheduler", needs=("broker", "cache"))
def scheduler() -> Told:
    last = beating.last_beat()
    if last is None:
        return fault("has not been heard", "Start the scheduler: systemctl start practice-beat")
    age = clock.real_now() - last
    if age > beating.PATIENCE:
        minutes = int(age.total_seconds() // 60)
        return fault(f"last heard {minutes} minutes ago", "Start scheduler and worker: systemctl start practice-beat")
    return ok("heard in the last minutes")


@check("mail server")
def mail_server() -> Told:
    server = mail.get_connection()
    if isinstance(server, FileBackend):
        return warning("mails are written to files, nobody gets them", "Set EMAIL_URL to your mail server.")
    if not isinstance(server, SmtpBackend):
        return ok("a service; send yourself a sign-in code to try it")
    server.timeout = server.timeout or 10
    try:
        server.open()
        status = server.connection.noop()[0] if server.connection else 0
    except (OSError, ValueError) as problem:  # smtplib's errors are OSErrors
        return fault(
            f"{server.host}:{server.port} cannot be used ({type(problem).__name__})",
            "Correct host, port, user and password in EMAIL_URL.",
        )
    finally:
        with contextlib.suppress(OSError):
            server.close()
    if status != 250:
        return fault(f"{server.host}:{server.port} says {status}", "Ask whoever runs the mail server of EMAIL_URL.")
    return ok(f"{server.host}:{server.port} answers")


@check("mail sender")
def mail_sender() -> Told:
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    try:
        validate_email(sender)
    except ValidationError:
        return fault(f"“{sender}” is no address", "Set DEFAULT_FROM_EMAIL to an address of the practice.")
    if sender.rpartition("@")[2] in HOME:
        mend = "Set DEFAULT_FROM_EMAIL to an address of the practice."
        return (warning if _host() in HOME else fault)(f"{sender} is of this machine alone", mend)
    return ok(sender)


# --- machine ------------------------------------------------------------------------------------------------------


@check("PDF")
def pdf() -> Told:
    try:
        drawn = render_pdf("<h1>Well</h1>", title="Well", limits=PdfLimits(seconds=20, megabytes=1024, pages=2))
    except DomainError as refusal:
        return fault(
            one_line(refusal).split(". Install")[0],
            "As root: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core",
        )
    return ok("one page drawn") if drawn.startswith(b"%PDF-") else fault("what was drawn is no PDF", "Run: make setup")


@check("disk")
def disk() -> Told:
    room = shutil.disk_usage(settings.VAR_DIR)
    free = f"{room.free / 1024**3:.1f} GB free"
    if room.free < LEAST_FREE:
        return fault(free, f"Make room on the disk that holds {settings.VAR_DIR}: old backups and logs first.")
    if room.free < room.total * FREE_SHARE:
        return warning(f"{free}, less than a tenth", f"Make room on the disk that holds {settings.VAR_DIR} soon.")
    return ok(free)


@check("git")
def git() -> Told:
    program = shutil.which("git")
    if program is None:
        return fault("not found, so no repository can be audited", "As root: apt-get install git")
    told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
    if told.returncode:
        return fault("found, and does not run", "As root: apt-get install --reinstall git")
    return ok(told.stdout.strip())


@check("clock", needs=("database",))
def clocks() -> Told:
    if settings.CLOCK_OFFSET_S and not settings.DEMO:
        return fault(
            f"shifted by {settings.CLOCK_OFFSET_S} seconds, as only demo and tests may",
            "Take CLOCK_OFFSET_S out of the environment.",
        )
    apart = abs(_database_now() - clock.real_now())
    if apart > dt.timedelta(seconds=CLOCKS_APART_S):
        return warning(
            f"{int(apart.total_seconds())} seconds from the database's",
            "Let both machines keep time: apt-get install chrony",
        )
    return ok("not shifted")


def _database_now() -> dt.datetime:
    if connection.vendor != "postgresql":
        return clock.real_now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: dt.datetime = cursor.fetchone()[0]
    return now


@check("var")
def var() -> Told:
    """Everything that the program writes."""
    folder = Path(settings.VAR_DIR)
    try:
        probe = folder / f".doctor-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        return fault(f"{folder} cannot be written ({type(problem).__name__})", f"Give {folder} to the program's user.")
    return ok(str(folder))
