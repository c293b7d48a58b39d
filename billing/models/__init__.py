from billing.models.invoice import Deduction, Invoice, InvoiceLine, LineTax
from billing.models.payment import Allocation, Payment
from billing.models.settings import BillingParticulars, InvoiceSettings, TaxRate

__all__ = [
    "Allocation",
    "BillingParticulars",
    "Deduction",
    "Invoice",
    "InvoiceLine",
    "InvoiceSettings",
    "LineTax",
    "Payment",
    "TaxRate",
]
