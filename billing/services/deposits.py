"""What of the deposit has cleared, told to the engagement whose gate it opens."""

from billing.amounts import share_without_tax
from billing.models import Invoice
from core.models import User
from core.money import total
from engagements.models import Engagement
from engagements.services.deposits import set_deposit_cleared


def tell_engagement(engagement: Engagement, actor: User | None) -> None:
    """Called inside the transaction that changed what was paid on a deposit. The gate asks for the agreed amount, tax
    excluded, so of a part payment the part that is for the work counts."""
    deposits = engagement.invoices.counted().filter(kind=Invoice.Kind.DEPOSIT)
    cleared = total((share_without_tax(one) for one in deposits if one.paid.amount), engagement.currency)
    set_deposit_cleared(engagement=engagement, cleared=cleared, actor=actor)
