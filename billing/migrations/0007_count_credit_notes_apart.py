from django.db import migrations
from django.db.models import Max


def count_apart(apps, schema_editor):
    """Series were told apart by their prefix alone: now credit notes have their own, which goes on where theirs were."""
    Invoice = apps.get_model("billing", "Invoice")
    NumberSeries = apps.get_model("core", "NumberSeries")
    last: dict[str, int] = {}
    for note in Invoice.objects.filter(kind="credit", number__isnull=False).only("reference", "number"):
        scope = note.reference.rpartition("-")[0]
        last[scope] = max(note.number, last.get(scope, 0))
    for scope, number in last.items():
        NumberSeries.objects.update_or_create(kind="credit_note", scope=scope, defaults={"last": number})
        theirs = Invoice.objects.exclude(kind="credit").filter(reference__startswith=f"{scope}-")
        invoices = theirs.aggregate(last=Max("number"))["last"]
        if invoices is None:
            NumberSeries.objects.filter(kind="invoice", scope=scope).delete()


def count_together(apps, schema_editor):
    NumberSeries = apps.get_model("core", "NumberSeries")
    for series in NumberSeries.objects.filter(kind="credit_note"):
        row, _made = NumberSeries.objects.get_or_create(kind="invoice", scope=series.scope)
        row.last = max(row.last, series.last)
        row.save()
        series.delete()


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_add_invoice_mails"), ("core", "0004_number_series")]

    operations = [migrations.RunPython(count_apart, count_together)]
