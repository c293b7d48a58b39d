"""Starting an audit as a page does: what the client agreed to is recorded in the same act."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.models import Organisation, User
from discovery.models import AwsAccount, Repository, Run
from discovery.services import starting, targets


@transaction.atomic
def start_audit(
    *,
    organisation: Organisation,
    accounts: Sequence[AwsAccount],
    repositories: Sequence[Repository],
    metadata_only: bool,
    agreed_by: str = "",
    actor: User,
) -> Run:
    """Start a run; `agreed_by` names who of the client agrees to what no consent was recorded for yet.

    Raises DomainError where configuration is to be read without consent, where nothing was chosen, and where a run is
    under way; then nothing was recorded either.
    """
    without = [] if metadata_only else [account for account in accounts if not account.reads_configuration]
    if without and not agreed_by.strip():
        raise DomainError(_("Name who of the client agreed that configuration is read, or read metadata only."))
    run = starting.start_run(
        organisation=organisation,
        accounts=accounts,
        repositories=repositories,
        metadata_only=metadata_only,
        actor=actor,
    )
    for account in without:
        targets.record_consent(
            account=account, consent=AwsAccount.Consent.CONFIGURATION, agreed_by=agreed_by.strip(), actor=actor
        )
    return run
