"""Repositories that a client sends as one file: kept until an audit has read them, and no longer."""

import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core import events
from core.errors import DomainError
from core.models import Organisation, User
from discovery.models import Repository
from infra_audit.collectors.repo.handed_in import is_readable_file
from infra_audit.repositories import RepositoryTarget

MOST_BYTES = 200_000_000
FOLDER = "sent"  # below var/: the web server puts it there, and the workers read it


def add_sent_repository(*, organisation: Organisation, file: BinaryIO, name: str, actor: User) -> Repository:
    """Keep a bundle or an archive until it is read. A repository of that name that was sent before is this one, newer.

    Raises DomainError for what is neither, and for the name of a repository that is read where it lies. Call it
    outside any transaction.
    """
    wanted = RepositoryTarget(name).place.repository[:190]
    path = _keep(file)
    try:
        if not is_readable_file(path):
            raise DomainError(_("This is no git bundle, and no .zip or .tar of a repository."))
        with transaction.atomic():
            return _record(organisation, wanted, path, actor)
    except BaseException:
        path.unlink()
        raise


def _record(organisation: Organisation, name: str, path: Path, actor: User) -> Repository:
    known = Repository.objects.select_for_update().filter(organisation=organisation, name=name).first()
    if known is None:
        made = Repository.objects.create(organisation=organisation, name=name, location=str(path), sent=True)
        events.record(made, "repository.sent", actor=actor, name=name)
        return made
    if not known.sent:
        raise DomainError(_("%(name)s is read from where it lies: give this one another name."), name=name)
    before = known.location
    known.location = str(path)
    known.save(update_fields=["location"])
    events.record(known, "repository.sent", actor=actor, name=name)
    transaction.on_commit(lambda: Path(before).unlink(missing_ok=True))
    return known


def _keep(file: BinaryIO) -> Path:
    """In a folder that nobody else may look into: it may hold what this is about to find."""
    folder = Path(settings.VAR_DIR) / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / secrets.token_hex(16)
    path.touch(mode=0o600)
    with path.open("wb") as copy:
        shutil.copyfileobj(file, copy)
    return path


def delete_sent(repository: Repository) -> None:
    """What was sent is not kept beyond its first reading. Doing it twice does it once."""
    if repository.sent:
        Path(repository.location).unlink(missing_ok=True)
