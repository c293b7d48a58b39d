from billing.models.invoice import Deduction, Invoice, InvoiceLine, LineTax
from billing.models.mail import InvoiceMail
from billing.models.payment import Allocation, Payment
from billing.models.reminders import Dispute, Promise, ReminderPolicy, ReminderStep
from billing.models.settings import BillingParticulars, InvoiceSettings, TaxRate

__all__ = [
    "Allocation",
    "BillingParticulars",
    "Deduction",
    "Dispute",
    "Invoice",
    "InvoiceLine",
    "InvoiceMail",
    "InvoiceSettings",
    "LineTax",
    "Payment",
    "Promise",
    "ReminderPolicy",
    "ReminderStep",
    "TaxRate",
]
