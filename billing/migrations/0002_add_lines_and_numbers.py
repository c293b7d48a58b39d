import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import django.db.models.lookups
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models

import core.clock
import core.models.base
import core.money


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_deposits"),
        ("core", "0004_number_series"),
        ("engagements", "0002_proposals_one_sent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Allocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
                ),
                ("amount", core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15)),
                ("created_at", models.DateTimeField(default=core.clock.now, editable=False)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="BillingParticulars",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("legal_name", models.CharField(blank=True, max_length=200)),
                ("address", models.TextField(blank=True)),
                ("tax_id", models.CharField(blank=True, max_length=64)),
                ("po_number", models.CharField(blank=True, max_length=100)),
                ("due_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("has_own_taxes", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Deduction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "net_currency",
                    djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
                ),
                ("net", core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15)),
                (
                    "tax_currency",
                    djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
                ),
                ("tax", core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15)),
                (
                    "total_currency",
                    djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
                ),
                ("total", core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15)),
                ("taxes", models.JSONField(default=list)),
                ("frozen_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["earlier_id"],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("detail", models.TextField(blank=True)),
                ("quantity", models.DecimalField(decimal_places=2, default=1, max_digits=9)),
                ("unit", models.CharField(blank=True, max_length=20)),
                (
                    "unit_price_currency",
                    djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
                ),
                ("unit_price", core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15)),
                (
                    "net_currency",
                    djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
                ),
                ("net", core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15)),
                ("source", models.CharField(blank=True, max_length=64)),
                ("agreed_in", models.CharField(blank=True, max_length=64)),
                ("is_reduction", models.BooleanField(default=False)),
                ("frozen_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="InvoiceSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("legal_name", models.CharField(blank=True, max_length=200)),
                ("tax_id", models.CharField(blank=True, max_length=64)),
                ("pay_to", models.TextField(blank=True)),
                ("due_days", models.PositiveSmallIntegerField(default=14)),
                ("prefix", models.CharField(default="INV", max_length=12)),
                ("credit_prefix", models.CharField(default="CN", max_length=12)),
                ("note", models.TextField(blank=True)),
                ("reminders_go_by_themselves", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="LineTax",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64)),
                ("percent", models.DecimalField(decimal_places=3, max_digits=6)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "amount_currency",
                    djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
                ),
                ("amount", core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15)),
                ("frozen_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=core.models.base.make_public_id, editable=False, max_length=22, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("standard", "Charged"),
                            ("reverse_charge", "Reverse charge: the client accounts for it"),
                            ("exempt", "Exempt"),
                        ],
                        default="standard",
                        max_length=16,
                    ),
                ),
                ("percent", models.DecimalField(decimal_places=3, default=0, max_digits=6)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("is_default", models.BooleanField(default=False)),
                ("retired_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="invoice",
            name="closing_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="invoice",
            name="corrects",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_notes",
                to="billing.invoice",
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="credited",
            field=core.money.ExactMoneyField(
                currency_choices=[], decimal_places=3, default=core.money.Money(0, "USD"), max_digits=15
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="invoice",
            name="credited_currency",
            field=djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
        ),
        migrations.AddField(
            model_name="invoice",
            name="deducted",
            field=core.money.ExactMoneyField(
                currency_choices=[], decimal_places=3, default=core.money.Money(0, "USD"), max_digits=15
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="invoice",
            name="deducted_currency",
            field=djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
        ),
        migrations.AddField(
            model_name="invoice",
            name="due",
            field=core.money.ExactMoneyField(
                currency_choices=[], decimal_places=3, default=core.money.Money(0, "USD"), max_digits=15
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="invoice",
            name="due_currency",
            field=djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
        ),
        migrations.AddField(
            model_name="invoice",
            name="due_days",
            field=models.PositiveSmallIntegerField(default=14),
        ),
        migrations.AddField(
            model_name="invoice",
            name="due_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="failure",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="invoice",
            name="is_to_be_mailed",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="invoice",
            name="issued_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="issued_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="mailed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="net",
            field=core.money.ExactMoneyField(
                currency_choices=[], decimal_places=3, default=core.money.Money(0, "USD"), max_digits=15
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="invoice",
            name="net_currency",
            field=djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
        ),
        migrations.AddField(
            model_name="invoice",
            name="note",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="number",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="paid",
            field=core.money.ExactMoneyField(
                currency_choices=[], decimal_places=3, default=core.money.Money(0, "USD"), max_digits=15
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="invoice",
            name="paid_currency",
            field=djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
        ),
        migrations.AddField(
            model_name="invoice",
            name="pdf",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.storedfile"
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="po_number",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="invoice",
            name="reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="invoice",
            name="reference",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="invoice",
            name="service_from",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="service_to",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="snapshot",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="invoice",
            name="snapshot_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="invoice",
            name="tax",
            field=core.money.ExactMoneyField(
                currency_choices=[], decimal_places=3, default=core.money.Money(0, "USD"), max_digits=15
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="invoice",
            name="tax_currency",
            field=djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
        ),
        migrations.AddField(
            model_name="payment",
            name="allocated",
            field=core.money.ExactMoneyField(
                currency_choices=[], decimal_places=3, default=core.money.Money(0, "USD"), max_digits=15
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="payment",
            name="allocated_currency",
            field=djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
        ),
        migrations.AddField(
            model_name="payment",
            name="bank_reference",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="payment",
            name="organisation",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="core.organisation"
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="refunded",
            field=core.money.ExactMoneyField(
                currency_choices=[], decimal_places=3, default=core.money.Money(0, "USD"), max_digits=15
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="payment",
            name="refunded_currency",
            field=djmoney.models.fields.CurrencyField(choices=[], default=None, editable=False, max_length=3),
        ),
        migrations.AlterField(
            model_name="payment",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "On its way"),
                    ("cleared", "Cleared"),
                    ("failed", "Failed"),
                    ("reversed", "Reversed"),
                    ("refunded", "Refunded"),
                ],
                default="pending",
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["status", "due_on"], name="invoice_owed"),
        ),
        migrations.AddField(
            model_name="allocation",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="allocations", to="billing.invoice"
            ),
        ),
        migrations.AddField(
            model_name="allocation",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="allocations", to="billing.payment"
            ),
        ),
        migrations.AddField(
            model_name="billingparticulars",
            name="organisation",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="billing", to="core.organisation"
            ),
        ),
        migrations.AddField(
            model_name="deduction",
            name="earlier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="deducted_on", to="billing.invoice"
            ),
        ),
        migrations.AddField(
            model_name="deduction",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="deductions", to="billing.invoice"
            ),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="billing.invoice"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicesettings",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="one_invoice_settings"),
        ),
        migrations.AddField(
            model_name="linetax",
            name="line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="taxes", to="billing.invoiceline"
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__gte", 0), ("percent__lte", 100)), name="tax_percent"
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "standard"), ("percent", 0), _connector="OR"), name="tax_uncharged_is_zero"
            ),
        ),
        migrations.AddField(
            model_name="linetax",
            name="rate",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.taxrate"
            ),
        ),
        migrations.AddField(
            model_name="billingparticulars",
            name="taxes",
            field=models.ManyToManyField(blank=True, related_name="+", to="billing.taxrate"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.UniqueConstraint(fields=("payment", "invoice"), name="allocation_once"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="allocation_above_zero"),
        ),
        migrations.AddConstraint(
            model_name="deduction",
            constraint=models.UniqueConstraint(fields=("invoice", "earlier"), name="deducted_once"),
        ),
        migrations.AddConstraint(
            model_name="deduction",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.math.Round(
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(models.F("net"), "+", models.F("tax")),
                            "-",
                            models.F("total"),
                        ),
                        3,
                        output_field=models.DecimalField(decimal_places=3, max_digits=18),
                    ),
                    models.Value(0, output_field=models.DecimalField(decimal_places=3, max_digits=15)),
                ),
                name="deduction_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(("net__gte", 0), ("is_reduction", True), _connector="OR"), name="invoice_line_sign"
            ),
        ),
        migrations.AddConstraint(
            model_name="linetax",
            constraint=models.UniqueConstraint(fields=("line", "rate"), name="line_tax_once"),
        ),
    ]
