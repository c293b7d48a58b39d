"""Who of a client gets mails about invoices, and where an invoice is found."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Invoice
from billing.models.invoice import SEES_MONEY
from core.errors import DomainError
from core.models import Membership, Organisation


def addresses(organisation: Organisation) -> list[str]:
    """Of its owners and payers who can sign in."""
    rows = Membership.objects.filter(organisation=organisation, role__in=SEES_MONEY, user__is_active=True)
    return sorted(set(rows.values_list("user__email", flat=True)))


def require_addresses(organisation: Organisation) -> list[str]:
    """The same, or DomainError where there is nobody."""
    people = addresses(organisation)
    if not people:
        raise DomainError(
            _("Nobody of %(client)s may see invoices. Invite an owner or a payer first."), client=organisation.name
        )
    return people


def invoice_url(invoice: Invoice) -> str:
    return f"{settings.BASE_URL.rstrip('/')}{reverse('billing:invoice', args=[invoice.public_id])}"
