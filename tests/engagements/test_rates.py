"""What an hour costs and sells for: reckoned, dated, fixed once used, and for staff alone."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.errors import DomainError
from core.models import Event
from core.money import Money
from engagements import rates_queries
from engagements.models import CostBase, SellingRate
from engagements.services import rates
from outreach import dates
from tests.factories import make_practice
from tests.money_factories import make_cost_base, make_figures, make_selling_rate

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
HTMX = {"HX-Request": "true"}
PAGE = "/settings/rates/"


def usd(amount):
    return Money(str(amount), "USD")


def mark_used(base):
    CostBase.objects.filter(pk=base.pk, used_at=None).update(used_at=clock.now())
    base.refresh_from_db()
    return base


def full_form(**changes):
    """What a browser sends of the full form, with one cost of their own naming."""
    sent = {
        "currency": "USD",
        "pay": "110,000",
        "office": "6000",
        "weeks_off": "6",
        "hours_a_week": "40",
        "not_billable_percent": "27.5",
        "valid_from": dates.today().isoformat(),
        "others-TOTAL_FORMS": "2",
        "others-INITIAL_FORMS": "0",
        "others-0-name": "Coworking",
        "others-0-amount": "1,200.50",
        "others-1-name": "",
        "others-1-amount": "",
    }
    return sent | changes


def text(response):
    return response.content.decode()


# What is reckoned


def test_the_worked_example(ada):
    base = make_cost_base(ada)

    assert base.yearly_cost == usd(161_800)
    assert base.working_hours == 1840
    assert base.billable_hours == 1334
    assert base.loaded_cost == usd("121.29")


def test_costs_of_their_own_naming_count(ada):
    base = make_cost_base(ada, {"pay": 100_000}, others=(("Coworking", usd("1200.50")), ("Car", usd(5000))))

    base.refresh_from_db()
    assert base.yearly_cost == usd("106200.50")
    assert base.named_costs == [("Coworking", usd("1200.50")), ("Car", usd(5000))]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"weeks_off": Decimal(52)}, "No billable hours"),
        ({"weeks_off": Decimal(53)}, "No billable hours"),
        ({"hours_a_week": Decimal(0)}, "No billable hours"),
        ({"not_billable_percent": Decimal(100)}, "No billable hours"),
        ({"costs": {}}, "what a year costs"),
    ],
)
def test_a_year_without_hours_or_costs_is_refused(ada, fields, reason):
    with pytest.raises(DomainError, match=reason):
        rates.add_cost_base(figures=make_figures(**fields), actor=ada)
    assert not CostBase.objects.exists()


# What holds from when


def test_the_one_in_force_is_the_last_that_has_begun(ada):
    day = dates.today()
    make_cost_base(ada, {"pay": 1000}, days=-30)
    make_cost_base(ada, {"pay": 2000}, days=-1)
    make_cost_base(ada, {"pay": 3000}, days=10)

    assert CostBase.objects.in_force(day).pay == usd(2000)
    assert CostBase.objects.in_force(day + dt.timedelta(days=10)).pay == usd(3000)
    assert CostBase.objects.in_force(day - dt.timedelta(days=31)) is None


def test_of_two_rates_of_a_day_the_later_set_holds(ada):
    make_selling_rate(ada, 150)
    make_selling_rate(ada, 160)

    assert rates_queries.selling_rate_on(dates.today()) == usd(160)


def test_a_second_click_sets_no_second_rate(ada):
    assert make_selling_rate(ada, 150) == make_selling_rate(ada, 150)

    make_selling_rate(ada, 150, target=25)
    make_selling_rate(ada, 150)
    assert [row.target_margin_percent for row in SellingRate.objects.order_by("pk")] == [20, 25, 20]


def test_nothing_set_is_said_as_nothing(ada):
    board = rates_queries.rates_on(dates.today())

    assert (board.suggested, board.margin_percent, board.is_below_cost) == (None, None, False)
    assert rates_queries.loaded_cost_on(dates.today()) is None
    assert rates_queries.selling_rate_on(dates.today()) is None


def test_the_margin_is_not_reckoned_across_currencies(ada):
    make_cost_base(ada)
    make_selling_rate(ada, 160, currency="EUR")

    assert rates_queries.rates_on(dates.today()).margin_percent is None


# What may change


def test_a_change_before_any_offer_is_made_in_place(ada):
    base = make_cost_base(ada)

    changed = rates.change_cost_base(base=base, figures=make_figures({"pay": 90_000}), actor=ada)

    assert changed.pk == base.pk
    assert CostBase.objects.get().yearly_cost == usd(90_000)
    assert list(Event.objects.filter(subject_id=base.pk).values_list("what", flat=True).order_by("pk"))[-2:] == [
        "cost_base.added",
        "cost_base.changed",
    ]


def test_a_change_after_an_offer_makes_a_new_one_and_leaves_the_old(ada):
    base = mark_used(make_cost_base(ada))

    changed = rates.change_cost_base(base=base, figures=make_figures({"pay": 90_000}), actor=ada)

    base.refresh_from_db()
    assert changed.pk != base.pk
    assert base.yearly_cost == usd(161_800)
    assert CostBase.objects.in_force(dates.today()) == changed


@pytest.mark.both
def test_the_database_keeps_what_an_offer_was_reckoned_with(ada):
    base = mark_used(make_cost_base(ada))

    for act in (
        lambda: CostBase.objects.update(pay=usd(1)),
        lambda: CostBase.objects.update(used_at=None),
        CostBase.objects.all().delete,
    ):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            act()
    base.refresh_from_db()
    assert base.yearly_cost == usd(161_800)


@pytest.mark.both
def test_the_database_keeps_every_rate_that_was_set(ada):
    make_selling_rate(ada, 150)

    for act in (lambda: SellingRate.objects.update(rate=usd(1)), SellingRate.objects.all().delete):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            act()
    assert SellingRate.objects.get().rate == usd(150)


@pytest.mark.parametrize(("rate", "target"), [(0, 20), (-5, 20), (100, 100), (100, -1)])
def test_a_rate_of_nothing_and_an_impossible_margin_are_refused(ada, rate, target):
    with pytest.raises(DomainError):
        make_selling_rate(ada, rate, target=target)


# The pages


def pages(base):
    urls = [("rates",), ("cost-base-new",), ("cost-base", base.public_id)]
    return [reverse(f"engagements:{name}", args=args) for name, *args in urls]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_staff_alone_see_them(client, ada, ben, cleo, headers):
    for url in pages(make_cost_base(ada)):
        client.logout()
        assert client.get(url, headers=headers).url.startswith(reverse("account_login"))
        for user, status in ((ada, 200), (ben, 404), (cleo, 404)):
            client.force_login(user)
            assert client.get(url, headers=headers).status_code == status, (url, user)


def test_nobody_else_sets_anything(client, ada, ben, cleo):
    base = make_cost_base(ada)
    for user in (ben, cleo):
        client.force_login(user)
        for name in ("cost-base-new", "cost-base-short", "cost-base-reckon", "selling-rate"):
            assert client.post(reverse(f"engagements:{name}"), full_form()).status_code == 404
        url = reverse("engagements:cost-base", args=[base.public_id])
        assert client.post(url, full_form()).status_code == 404
    assert CostBase.objects.get().yearly_cost == usd(161_800)


def test_three_fields_make_a_first_cost_base(client, ada):
    client.force_login(ada)
    assert "Three figures are enough" in text(client.get(PAGE))

    sent = {"income": "100,000", "overhead": "20000", "weeks_off": "6"}
    page = client.post(reverse("engagements:cost-base-short"), sent, follow=True)

    base = CostBase.objects.get()
    assert (base.billable_hours, base.loaded_cost) == (1334, usd("89.96"))
    assert "An hour that you sell costs you $89.96" in text(page)
    assert "For a margin of 20 % an hour would sell for <strong>$112.45</strong>" in text(page)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("income", "", "Enter an amount."),
        ("income", "0", "Enter more than zero."),
        ("income", "1e9", "Write the amount as 1,234.56."),
        ("income", "100.000,00", "Write the amount as 1,234.56."),
        ("overhead", "-5", "Enter an amount of zero or more."),
        ("weeks_off", "52", "A year has 52 weeks: with 52 off, none is left to work in."),
        ("weeks_off", "99", "with 99 off"),
        ("weeks_off", "-1", "greater than or equal to 0"),
        ("weeks_off", "NaN", "Enter a number."),
        ("weeks_off", "", "This field is required."),
    ],
)
def test_a_wrong_figure_of_the_short_form_is_refused_at_its_field(client, ada, field, value, reason):
    client.force_login(ada)
    sent = {"income": "100000", "overhead": "20000", "weeks_off": "6"} | {field: value}

    page = client.post(reverse("engagements:cost-base-short"), sent)

    assert page.status_code == 422
    assert reason in " ".join(page.context["short_form"].errors[field])
    assert not CostBase.objects.exists()


def test_the_full_form_takes_everything_with_costs_of_their_own(client, ada):
    client.force_login(ada)

    client.post(reverse("engagements:cost-base-new"), full_form())

    base = CostBase.objects.get()
    assert base.yearly_cost == usd("117200.50")
    assert base.named_costs == [("Coworking", usd("1200.50"))]
    page = text(client.get(reverse("engagements:cost-base", args=[base.public_id])))
    for typed in ('value="110000"', 'value="6000"', 'value="Coworking"', 'value="1200.50"', 'value="27.5"'):
        assert typed in page


def test_the_full_form_of_a_used_one_saves_a_new_one(client, ada):
    client.force_login(ada)
    base = mark_used(make_cost_base(ada, days=-40))
    url = reverse("engagements:cost-base", args=[base.public_id])
    page = client.get(url)

    assert "what you save here is a new one" in text(page)
    assert page.context["form"].initial["valid_from"] == dates.today()
    client.post(url, full_form())

    assert CostBase.objects.count() == 2
    assert client.get(PAGE).context["board"].base.yearly_cost == usd("117200.50")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pay", ""),
        ("office", "NaN"),
        ("weeks_off", "52"),
        ("hours_a_week", "0"),
        ("hours_a_week", "101"),
        ("not_billable_percent", "100"),
        ("not_billable_percent", "120"),
        ("valid_from", "2026-02-30"),
        ("valid_from", ""),
    ],
)
def test_a_wrong_figure_of_the_full_form_is_refused_at_its_field(client, ada, field, value):
    client.force_login(ada)

    page = client.post(reverse("engagements:cost-base-new"), full_form(**{field: value}))

    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert not CostBase.objects.exists()


def test_a_year_that_costs_nothing_is_refused_at_pay(client, ada):
    client.force_login(ada)
    sent = full_form(pay="0", office="", **{"others-0-name": "", "others-0-amount": ""})

    page = client.post(reverse("engagements:cost-base-new"), sent)

    assert page.status_code == 422
    assert page.context["form"].errors["pay"] == ["Enter what a year costs: an income at least."]


@pytest.mark.parametrize(
    "changes",
    [
        {"others-0-name": ""},
        {"others-0-amount": ""},
        {"others-0-amount": "-1"},
        {"others-0-name": "x" * 101},
        {"others-TOTAL_FORMS": "1000000"},
        {"others-TOTAL_FORMS": ""},
    ],
)
def test_a_wrong_cost_of_their_own_is_refused(client, ada, changes):
    client.force_login(ada)

    page = client.post(reverse("engagements:cost-base-new"), full_form(**changes))

    assert page.status_code == 422
    assert "One of the costs that you named needs mending" in text(page)
    assert not CostBase.objects.exists()


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 7*7 }}", "שכר \u202e", "👩‍💻"])
def test_what_they_name_is_shown_as_they_wrote_it_and_never_run(client, ada, name):
    client.force_login(ada)

    client.post(reverse("engagements:cost-base-new"), full_form(**{"others-0-name": name}))

    base = CostBase.objects.get()
    page = text(client.get(reverse("engagements:cost-base", args=[base.public_id])))
    assert base.named_costs[0][0] == name
    assert "<script>alert" not in page
    assert 'value="49"' not in page


def test_the_figure_is_reckoned_while_typing_and_nothing_is_written(client, ada):
    client.force_login(ada)
    url = reverse("engagements:cost-base-reckon")

    assert "$117,200.50 a year over 1,334 billable hours" in text(client.post(url, full_form(), headers=HTMX))
    short = {"income": "100000", "overhead": "20000", "weeks_off": "6"}
    assert "$89.96" in text(client.post(url, short, headers=HTMX))
    for sent in ({}, {"income": "x"}, full_form(pay="0", office=""), full_form(weeks_off="52"), {"currency": "??"}):
        assert client.post(url, sent, headers=HTMX).status_code == 200
    assert "once the figures are in" in text(client.post(url, full_form(weeks_off="52"), headers=HTMX))
    assert not CostBase.objects.exists()


def test_the_rate_is_asked_for_beside_what_it_should_be(client, ada):
    client.force_login(ada)
    make_cost_base(ada)

    sent = {"rate": "160", "target_margin_percent": "25", "valid_from": dates.today().isoformat()}
    page = text(client.post(reverse("engagements:selling-rate"), sent, follow=True))

    assert SellingRate.objects.get().rate == usd(160)
    assert "For a margin of 25 % an hour would sell for <strong>$161.72</strong>" in page
    assert "24.2 %" in page


def test_a_rate_below_cost_is_said_aloud(client, ada):
    client.force_login(ada)
    make_cost_base(ada)
    make_selling_rate(ada, 100)

    assert "every hour sold loses money" in text(client.get(PAGE))


@pytest.mark.parametrize(
    ("field", "value"),
    [("rate", "0"), ("rate", "-1"), ("rate", ""), ("target_margin_percent", "100"), ("valid_from", "soon")],
)
def test_a_wrong_rate_is_refused_at_its_field(client, ada, field, value):
    client.force_login(ada)
    sent = {"rate": "160", "target_margin_percent": "25", "valid_from": dates.today().isoformat()} | {field: value}

    page = client.post(reverse("engagements:selling-rate"), sent)

    assert page.status_code == 422
    assert field in page.context["rate_form"].errors
    assert not SellingRate.objects.exists()


def test_a_practice_of_another_currency_is_asked_in_it(client, ada):
    make_practice(currency="JPY")
    client.force_login(ada)
    make_selling_rate(ada, 160)

    page = client.get(PAGE)
    assert '<span class="amount__currency">JPY</span>' in text(page)
    assert page.context["rate_form"].initial["rate"] is None
    sent = {"income": "10000000", "overhead": "0", "weeks_off": "6"}
    client.post(reverse("engagements:cost-base-short"), sent)
    assert CostBase.objects.get().loaded_cost == Money(7496, "JPY")


def test_many_rates_take_no_more_queries_than_few(client, ada):
    client.force_login(ada)

    def queries_with(count):
        for _number in range(count):
            make_cost_base(ada)
            make_selling_rate(ada, 100 + SellingRate.objects.count())
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    few = queries_with(3)
    assert queries_with(27) == few <= MOST_QUERIES


def test_the_settings_lead_there(client, ada):
    client.force_login(ada)

    for url in (reverse("core:practice"), reverse("core:people")):
        assert f'href="{PAGE}"' in text(client.get(url))
    assert 'aria-current="page">Rates' in text(client.get(PAGE))
