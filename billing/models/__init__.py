from billing.models.invoice import Invoice
from billing.models.payment import Payment

__all__ = ["Invoice", "Payment"]
