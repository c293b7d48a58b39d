"""What is done about a late invoice, for whichever page shows the invoice."""

from django import template
from django.template.context import Context

from billing import reminder_queries
from billing.models import Invoice
from billing.reminder_queries import InvoiceReminders

register = template.Library()


@register.simple_tag(takes_context=True)
def reminders_of(context: Context, invoice: Invoice) -> InvoiceReminders:
    return reminder_queries.reminders_of(invoice, context["request"].user)
