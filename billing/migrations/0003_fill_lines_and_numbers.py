from django.db import migrations

# Columns of Invoice and Payment that carry a currency, and the one to take it from.
OF_INVOICE = ("net", "tax", "deducted", "due", "paid", "credited")
OF_PAYMENT = ("allocated", "refunded")


def fill(apps, schema_editor):
    """An invoice had a total alone, and each payment was for one invoice: now it has a line, and a payment allocations.
    What was paid before it had a number is a draft that money has come in for."""
    Invoice = apps.get_model("billing", "Invoice")
    for invoice in Invoice.objects.all().iterator():
        currency = str(invoice.total_currency)
        for name in OF_INVOICE:
            setattr(invoice, f"{name}_currency", currency)
        amount = invoice.total.amount
        cleared = sum((one.amount.amount for one in invoice.payments.filter(status="cleared")), amount * 0)
        invoice.net = invoice.due = amount
        invoice.paid = cleared
        if invoice.status in {"part_paid", "paid", "issuing"}:
            invoice.status = "draft"
        invoice.save()
        if not invoice.lines.exists():
            invoice.lines.create(
                position=1,
                title=invoice.title,
                unit_price=invoice.total,
                net=invoice.total,
                source="deposit" if invoice.kind == "deposit" else "",
            )
        for payment in invoice.payments.all():
            counts = payment.status in {"cleared", "pending"}
            payment.organisation_id = invoice.organisation_id
            for name in OF_PAYMENT:
                setattr(payment, f"{name}_currency", currency)
            payment.allocated = payment.amount.amount if counts else 0
            payment.save()
            if counts:
                payment.allocations.get_or_create(invoice=invoice, defaults={"amount": payment.amount})


def nothing(apps, schema_editor):
    """What was filled in goes with its columns."""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_add_lines_and_numbers")]

    operations = [migrations.RunPython(fill, nothing)]
