"""Naming what may be audited for a client."""

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.db import models, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import Organisation, User
from discovery.models import AwsAccount, Repository, Shard, StateFile
from discovery.services.sent import delete_sent
from infra_audit.collectors.repo.cloning import SCP_LIKE, is_url, refuse_url
from infra_audit.collectors.repo.sandbox import RepositoryError
from infra_audit.inventory import Place, Unit
from infra_audit.repositories import RepositoryTarget
from infra_audit.state_objects import StateObject
from infra_audit.states import find_states, joined, read_named, read_states

MOST_UPLOADED_BYTES = 50_000_000  # read while somebody waits for the page
LONGEST_STATE_NAME = 200  # characters, as the column takes
LONGEST_FILE_NAME = 200  # bytes; file systems take 255
# "https://ada:word@host", and what is mistyped: one slash, none, a blank before it
PASSWORD_BEFORE_HOST = re.compile(r"(?:^|/|\s)[^/\s@:]*:[^/\s@]+@[^/\s@]+")
NAME_BEFORE_HOST = re.compile(r"//[^/@]+@")
QUERY = re.compile(r"[?#]")


@dataclass(frozen=True)
class WayIn:
    """How an account is reached: by a profile, without one by the machine's default credentials; by a role with an
    external ID where one of them takes it on."""

    name: str
    role_arn: str
    external_id: str
    profile: str
    regions: list[str]


def external_id_for(organisation: Organisation) -> str:
    """The external ID that a client's role must ask for: the same however often it is shown, and no other client's.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
    """
    known = AwsAccount.objects.filter(organisation=organisation).exclude(external_id="").values_list("external_id")
    if first := known.order_by("id").first():
        return first[0]
    return salted_hmac("discovery.external_id", organisation.public_id, algorithm="sha256").hexdigest()[:32]


def snapshot_key_for(organisation: Organisation) -> str:
    """What a client sets as INFRA_AUDIT_KEY to read for us: the same at each visit, and no other client's."""
    return salted_hmac("discovery.snapshot_key", organisation.public_id, algorithm="sha256").hexdigest()


@transaction.atomic
def add_aws_account(*, account: AwsAccount, actor: User | None) -> AwsAccount:
    """Store a new way into an AWS account. Raises DomainError where the client already has one of that name."""
    _require_free_name(account)
    account.save()
    events.record(account, "aws_account.added", actor=actor, name=account.name, way=account.role_arn or account.profile)
    return account


@transaction.atomic
def change_aws_account(*, account: AwsAccount, way: WayIn, actor: User | None) -> None:
    """Reach the account otherwise. What was learned of it, and what was agreed for it, goes when the way in changes.

    Raises DomainError where the client already has another account of that name.
    """
    was = (account.role_arn, account.profile)
    for name, value in vars(way).items():
        setattr(account, name, value)
    _require_free_name(account)
    if was != (account.role_arn, account.profile):
        account.account_id = account.alias = account.partition = account.org_role = ""
        account.consent, account.consent_given_by = AwsAccount.Consent.METADATA, ""
        account.state_objects = []
        account.consent_by = account.consent_at = None
        account.paid_calls = False
        account.handed_over = False
    account.save()
    events.record(account, "aws_account.changed", actor=actor, name=way.name, way=way.role_arn or way.profile)


def _require_free_name(account: AwsAccount) -> None:
    others = AwsAccount.objects.filter(organisation=account.organisation, name=account.name)
    if others.exclude(pk=account.pk).exists():
        raise DomainError(
            _("%(client)s already has an account called %(name)s."), client=account.organisation, name=account.name
        )


@transaction.atomic
def record_consent(
    *,
    account: AwsAccount,
    consent: AwsAccount.Consent,
    actor: User | None,
    agreed_by: str = "",
    state_objects: Sequence[StateObject] = (),
) -> None:
    """Write down what the client agreed to have read, who of them said so, by whom it was recorded and when.

    `state_objects` go with the tier that names them. Raises DomainError where that tier names none, or nobody agreed.
    """
    if consent == AwsAccount.Consent.STATES and not (state_objects and agreed_by.strip()):
        raise DomainError(_("Name the states, and who of the client agreed that they are read."))
    account.state_objects = [str(one) for one in state_objects] if consent == AwsAccount.Consent.STATES else []
    account.consent = consent
    account.consent_given_by = agreed_by
    account.consent_by = actor
    account.consent_at = clock.now()
    account.save(update_fields=["consent", "consent_given_by", "consent_by", "consent_at", "state_objects"])
    more = {"states": account.state_objects} if account.state_objects else {}
    events.record(account, "aws_account.consent_recorded", actor=actor, consent=consent, agreed_by=agreed_by, **more)


@transaction.atomic
def agree_to_paid_calls(*, account: AwsAccount, agreed: bool, actor: User | None) -> None:
    """Write down whether audits may ask what AWS charges the client for."""
    account.paid_calls = agreed
    account.save(update_fields=["paid_calls"])
    events.record(account, "aws_account.paid_calls_agreed", actor=actor, agreed=agreed)


@transaction.atomic
def remove_aws_account(*, account: AwsAccount, actor: User) -> None:
    """Forget a way in. Raises DomainError where an audit used it: what was found there stays explained."""
    _require_unused(Shard.objects.filter(aws_account=account))
    events.record(account, "aws_account.removed", actor=actor, name=account.name)
    account.delete()


@transaction.atomic
def remove_repository(*, repository: Repository, actor: User) -> None:
    """Raises DomainError where an audit read it."""
    _require_unused(Shard.objects.filter(repository=repository))
    events.record(repository, "repository.removed", actor=actor, name=repository.name)
    repository.delete()
    transaction.on_commit(partial(delete_sent, repository))


def _require_unused(shards: models.QuerySet[Shard]) -> None:
    if shards.exists():
        raise DomainError(_("Earlier audits rest on this one, so it stays. Leave it out when you start the next."))


@transaction.atomic
def remove_state(*, state: StateFile, actor: User) -> None:
    """Runs keep their own copy of its ids, so what they said stays."""
    events.record(state, "state.removed", actor=actor, name=state.name)
    state.delete()


@transaction.atomic
def add_repository(*, organisation: Organisation, location: str, name: str = "", actor: User | None) -> Repository:
    """Name a repository; the same location twice is the same repository.

    Raises DomainError for a location that can never be read: an unknown scheme, or credentials in the URL.
    """
    _require_readable(location)
    if known := Repository.objects.filter(organisation=organisation, location=location).first():
        return known
    wanted = RepositoryTarget(location, name).place.repository[:190]
    repository = Repository.objects.create(
        organisation=organisation, location=location, name=_free_name(organisation, wanted)
    )
    events.record(repository, "repository.added", actor=actor, name=repository.name)
    return repository


def _require_readable(location: str) -> None:
    """What holds a credential is refused before anything repeats it, also where it is no proper address."""
    if _holds_credentials(location):
        raise DomainError(
            _("The address holds credentials, and those are never stored. Leave out what stands before the @.")
        )
    if is_url(location):
        try:
            refuse_url(location)
        except RepositoryError as refusal:
            raise DomainError(str(refusal)) from refusal
        if QUERY.search(location):
            raise DomainError(_("An address of a repository has no ? and no #: leave out what follows."))


def _holds_credentials(location: str) -> bool:
    if SCP_LIKE.match(location) or Path(location).is_dir():
        return False
    if PASSWORD_BEFORE_HOST.search(location):
        return True
    return bool(is_url(location) and location.lower().startswith("https:") and NAME_BEFORE_HOST.search(location))


def _free_name(organisation: Organisation, wanted: str) -> str:
    taken = set(Repository.objects.filter(organisation=organisation).values_list("name", flat=True))
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


@transaction.atomic
def store_state(*, organisation: Organisation, name: str, unit: Unit, actor: User | None) -> StateFile:
    """Keep the ids that a Terraform state named. The same name again replaces what was there."""
    state, _made = StateFile.objects.update_or_create(
        organisation=organisation, name=name, defaults={"unit": unit.as_json(), "read_at": clock.now()}
    )
    events.record(state, "state.read", actor=actor, name=name, resources=len(unit.rows), ending=unit.ending.value)
    return state


def add_state_files(*, organisation: Organisation, paths: Sequence[Path], actor: User | None) -> list[StateFile]:
    """Read each state outside any transaction, folders walked, then store its ids.

    A bad file is stored as what could not be read.
    """
    units = [(name[-LONGEST_STATE_NAME:], read_named([(name, path)])) for name, path in find_states(paths)]
    return [store_state(organisation=organisation, name=name, unit=unit, actor=actor) for name, unit in units]


def add_uploaded_state(*, organisation: Organisation, file: BinaryIO, name: str, actor: User) -> StateFile:
    """Keep the ids of a state that somebody sent; the state lies in a folder of its own while it is read, then is gone.

    Raises DomainError, in one sentence, for what is no state. Call it outside any transaction.
    """
    with tempfile.TemporaryDirectory(prefix="state-") as folder:
        path = Path(folder) / _file_name(name)
        with path.open("wb") as copy:
            shutil.copyfileobj(file, copy)
        unit = read_states([path])
    if unit.unread:
        raise DomainError(unit.message)
    return store_state(organisation=organisation, name=name, unit=unit, actor=actor)


def _file_name(name: str) -> str:
    """The name as a file's, so that the reader's sentences say it: no folders, no more than a file system takes."""
    plain = name.replace(os.sep, "-").replace("\0", "").encode()[:LONGEST_FILE_NAME].decode(errors="ignore")
    return plain if plain.strip(". ") else "state"


def merged_states(organisation: Organisation, others: Sequence[Unit] = ()) -> Unit | None:
    """Every state of the client, and the others given, as one unit of a run; None where none was ever given."""
    units = [Unit.from_json(state.unit) for state in StateFile.objects.filter(organisation=organisation)]
    told = joined([*units, *others])
    return told and replace(told, place=Place(partition=""))
