import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import django.db.models.lookups
from django.db import migrations, models

import core.money


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_fill_lines_and_numbers")]

    operations = [
        migrations.AlterField(
            model_name="invoice",
            name="credited",
            field=core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="deducted",
            field=core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="due",
            field=core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="net",
            field=core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="paid",
            field=core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="tax",
            field=core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15),
        ),
        migrations.AlterField(
            model_name="payment",
            name="allocated",
            field=core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15),
        ),
        migrations.AlterField(
            model_name="payment",
            name="refunded",
            field=core.money.ExactMoneyField(currency_choices=[], decimal_places=3, max_digits=15),
        ),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="one_deposit_invoice",
        ),
        migrations.RemoveField(
            model_name="payment",
            name="invoice",
        ),
        migrations.AlterField(
            model_name="payment",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="core.organisation"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("kind", "deposit"), models.Q(("status__in", ["credited", "discarded"]), _negated=True)
                ),
                fields=("engagement",),
                name="one_deposit_invoice",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("reference",),
                name="invoice_reference_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
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
                name="invoice_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.functions.math.Round(
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("total"), "-", models.F("deducted")
                            ),
                            "-",
                            models.F("due"),
                        ),
                        3,
                        output_field=models.DecimalField(decimal_places=3, max_digits=18),
                    ),
                    models.Value(0, output_field=models.DecimalField(decimal_places=3, max_digits=15)),
                ),
                name="invoice_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "credit"),
                    models.Q(
                        ("credited__gte", 0),
                        ("paid__gte", 0),
                        django.db.models.lookups.GreaterThanOrEqual(
                            django.db.models.functions.math.Round(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("due"), "-", models.F("paid")
                                    ),
                                    "-",
                                    models.F("credited"),
                                ),
                                3,
                                output_field=models.DecimalField(decimal_places=3, max_digits=18),
                            ),
                            models.Value(0, output_field=models.DecimalField(decimal_places=3, max_digits=15)),
                        ),
                    ),
                    _connector="OR",
                ),
                name="invoice_never_overpaid",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("number", None), ("reference", ""), ("status__in", ["draft", "issuing", "discarded"])),
                    models.Q(
                        models.Q(("status__in", ["draft", "issuing", "discarded"]), _negated=True),
                        ("number__isnull", False),
                        models.Q(("reference", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="invoice_numbered_once_issued",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("allocated__gte", 0),
                    ("refunded__gte", 0),
                    django.db.models.lookups.GreaterThanOrEqual(
                        django.db.models.functions.math.Round(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("amount"), "-", models.F("allocated")
                                ),
                                "-",
                                models.F("refunded"),
                            ),
                            3,
                            output_field=models.DecimalField(decimal_places=3, max_digits=18),
                        ),
                        models.Value(0, output_field=models.DecimalField(decimal_places=3, max_digits=15)),
                    ),
                ),
                name="payment_spent_once",
            ),
        ),
    ]
