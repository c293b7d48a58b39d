"""Mails the team, by an SMTP server or by the machine's sendmail.

Settings come from `infra-audit.ini` beside the hooks, and from the environment, which wins:

    [mail]
    to = team@practice.example        INFRA_AUDIT_HOOK_TO, several with commas between
    from = hooks@practice.example     INFRA_AUDIT_HOOK_FROM (default: the first of `to`)
    smtp = smtp+tls://ada@mail:587    INFRA_AUDIT_HOOK_SMTP: smtp (plain), smtp+tls or smtps; without it sendmail
    sendmail = /usr/sbin/sendmail     INFRA_AUDIT_HOOK_SENDMAIL

A password stands in INFRA_AUDIT_HOOK_SMTP_PASSWORD alone, never in a file.
"""

import configparser
import smtplib
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = "INFRA_AUDIT_HOOK_FOLDER"  # told by the hook's script
SETTINGS_FILE = "infra-audit.ini"
PREFIX = "INFRA_AUDIT_HOOK_"
NAMES = ("to", "from", "smtp", "sendmail")
SENDMAIL = "/usr/sbin/sendmail"
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
PATIENCE_S = 10


class MailError(Exception):
    """A mail could not be sent; the text is the reason."""


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str


@dataclass(frozen=True)
class MailSettings:
    """`smtp` is a URL, or "" for sendmail."""

    to: tuple[str, ...]
    sender: str
    smtp: str
    sendmail: str
    password: str = field(default="", repr=False)


def settings_of(environment: Mapping[str, str]) -> MailSettings | None:
    """None where nobody is to be told."""
    told = _of_file(Path(environment[FOLDER]) / SETTINGS_FILE) if FOLDER in environment else {}
    told |= {name: environment[PREFIX + name.upper()] for name in NAMES if environment.get(PREFIX + name.upper())}
    to = tuple(one.strip() for one in told.get("to", "").split(",") if one.strip())
    if not to:
        return None
    return MailSettings(
        to,
        told.get("from") or to[0],
        told.get("smtp", ""),
        told.get("sendmail") or SENDMAIL,
        environment.get(f"{PREFIX}SMTP_PASSWORD", ""),
    )


def _of_file(path: Path) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return {}
    return dict(parser["mail"]) if "mail" in parser else {}


def send(mail: Mail, settings: MailSettings) -> None:
    """Raises MailError."""
    message = EmailMessage()
    try:
        message["Subject"], message["From"], message["To"] = mail.subject, settings.sender, ", ".join(settings.to)
        message.set_content(mail.text)
        (_by_smtp if settings.smtp else _by_sendmail)(message, settings)
    except (OSError, smtplib.SMTPException, ValueError, subprocess.SubprocessError) as error:
        raise MailError(f"{type(error).__name__} with {_named(settings)}.") from error


def _named(settings: MailSettings) -> str:
    return (urlsplit(settings.smtp).hostname or "the SMTP server") if settings.smtp else settings.sendmail


def _by_smtp(message: EmailMessage, settings: MailSettings) -> None:
    url = urlsplit(settings.smtp)
    if url.scheme not in PORTS or not url.hostname:
        raise ValueError("smtp is no address of a server")
    where = url.hostname, url.port or PORTS[url.scheme]
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(*where, timeout=PATIENCE_S, context=context)
        if url.scheme == "smtps"
        else smtplib.SMTP(*where, timeout=PATIENCE_S)
    )
    with server:
        if url.scheme == "smtp+tls":
            server.starttls(context=context)
        if url.username and settings.password:
            server.login(url.username, settings.password)
        server.send_message(message)


def _by_sendmail(message: EmailMessage, settings: MailSettings) -> None:
    command = [settings.sendmail, "-i", "-t"]
    subprocess.run(command, input=message.as_bytes(), check=True, capture_output=True, timeout=PATIENCE_S)
