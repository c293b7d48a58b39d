"""What the demo would have mailed: the files that Django's file backend writes, read back."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

SEPARATOR = b"-" * 79


@dataclass(frozen=True)
class Mail:
    """One message as its reader would see it; plain text alone."""

    to: str
    subject: str
    date: str
    text: str


def newest_first(folder: Path) -> list[Mail]:
    """Every mail in the folder; [] where nothing was sent yet. A file that vanishes meanwhile is passed over."""
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [mail for path in files for mail in reversed(_mails(path.read_bytes()))]


def _mails(content: bytes) -> list[Mail]:
    parts = [part.strip() for part in content.split(SEPARATOR)]
    return [_mail(message_from_bytes(part, policy=default)) for part in parts if part]


def _mail(message: EmailMessage) -> Mail:
    body = message.get_body(("plain",))
    return Mail(
        to=str(message["to"] or ""),
        subject=str(message["subject"] or ""),
        date=str(message["date"] or ""),
        text=body.get_content() if body else "",
    )
