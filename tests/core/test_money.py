"""Amounts: typed, rounded, split, added up and shown. Exact at every step."""

from decimal import Decimal
from itertools import pairwise

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DomainError
from core.forms import PracticeForm
from core.forms_money import AmountField
from core.money import (
    CurrencyMismatchError,
    Money,
    as_json,
    exponent,
    format_money,
    from_json,
    parse_amount,
    percent_of,
    round_money,
    split,
    total,
)

CURRENCIES = ("JPY", "USD", "KWD")
cents = st.integers(min_value=0, max_value=10**12)


@st.composite
def amounts(draw):
    """Whole numbers of the smallest coin, either way of zero."""
    currency = draw(st.sampled_from(CURRENCIES))
    coins = draw(st.integers(min_value=-(10**11), max_value=10**11))
    return Money(Decimal(coins).scaleb(-exponent(currency)), currency)


@st.composite
def shares(draw):
    """Percents with two decimals that add up to 100."""
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), max_size=8)))
    edges = [0, *cuts, 10_000]
    return [Decimal(end - start) / 100 for start, end in pairwise(edges)]


def test_the_smallest_coin_is_the_currencys_own():
    assert [exponent(one) for one in CURRENCIES] == [0, 2, 3]


@pytest.mark.parametrize(
    ("exact", "currency", "rounded"),
    [
        ("0.005", "USD", "0.01"),
        ("-0.005", "USD", "-0.01"),
        ("0.5", "JPY", "1"),
        ("2.5", "JPY", "3"),
        ("0.0005", "KWD", "0.001"),
        ("1.004", "USD", "1.00"),
    ],
)
def test_half_a_coin_rounds_away_from_zero(exact, currency, rounded):
    assert round_money(Money(exact, currency)) == Money(rounded, currency)


def test_half_of_an_odd_price_takes_the_half_cent():
    assert percent_of(Money("10000.01", "USD"), 50) == Money("5000.01", "USD")


@given(money=amounts(), percents=shares())
def test_parts_add_up_to_the_whole_and_none_turns_the_other_way(money, percents):
    parts = split(money, percents)

    assert len(parts) == len(percents)
    assert sum((part.amount for part in parts), Decimal(0)) == money.amount
    assert all(part == round_money(part) for part in parts)
    assert all(part.amount * money.amount >= 0 for part in parts)


@given(money=amounts(), percents=shares())
def test_each_part_but_the_last_is_its_rounded_share_while_there_is_enough(money, percents):
    if abs(money.amount) < 1000:
        return
    parts = split(money, percents)

    own = [percent_of(money, percent) for percent in percents[:-1]]
    if abs(sum(part.amount for part in own)) <= abs(money.amount):
        assert parts[:-1] == own


def test_parts_that_do_not_make_a_whole_are_a_mistake_of_ours():
    with pytest.raises(ValueError, match="100"):
        split(Money(100, "USD"), [50, 40])


def test_a_sum_stays_in_one_currency():
    assert total([], "JPY") == Money(0, "JPY")
    assert total([Money("0.10", "USD"), Money("0.20", "USD")], "USD") == Money("0.30", "USD")
    with pytest.raises(CurrencyMismatchError, match="EUR and USD cannot be added up"):
        total([Money(1, "USD"), Money(1, "EUR")], "USD")


@given(money=amounts())
def test_json_carries_text_and_gives_it_back(money):
    data = as_json(money)

    assert all(type(value) is str for value in data.values())
    assert from_json(data) == money


def test_json_has_the_coins_decimals():
    assert as_json(Money(10, "USD")) == {"amount": "10.00", "currency": "USD"}
    assert as_json(Money(10, "JPY")) == {"amount": "10", "currency": "JPY"}


@pytest.mark.parametrize(
    ("text", "locale", "currency", "amount"),
    [
        ("1234.5", "en_US", "USD", "1234.50"),
        (" 1,234.56 ", "en_US", "USD", "1234.56"),
        ("0", "en_US", "USD", "0"),
        ("999,999,999,999.99", "en_US", "USD", "999999999999.99"),
        ("1.234,56", "de_DE", "EUR", "1234.56"),
        ("1234,56", "de_DE", "EUR", "1234.56"),
        ("1\u202f234,56", "fr_FR", "EUR", "1234.56"),
        ("1 234,56", "fr_FR", "EUR", "1234.56"),
        ("1'234.50", "de_CH", "CHF", "1234.50"),
        ("1\u2019234.50", "de_CH", "CHF", "1234.50"),
        ("12,34,567", "en_IN", "INR", "1234567"),
        ("1234567", "ja_JP", "JPY", "1234567"),
        ("1.234", "en_US", "KWD", "1.234"),
        ("5", "nowhere", "USD", "5"),
    ],
)
def test_an_amount_is_read_as_its_locale_writes_it(text, locale, currency, amount):
    assert parse_amount(text, currency, locale) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("", "USD", "Enter an amount"),
        (" \u00a0", "USD", "Enter an amount"),
        ("1e9", "USD", r"Write the amount as 1,234\.56"),
        ("NaN", "USD", "Write the amount"),
        ("Infinity", "USD", "Write the amount"),
        ("0x10", "USD", "Write the amount"),
        ("1_000", "USD", "Write the amount"),
        ("$5", "USD", "Write the amount"),
        ("1,2", "USD", "Write the amount"),
        ("12,34,567", "USD", "Write the amount"),
        ("1.234,56", "USD", "Write the amount"),
        ("1,234,56", "USD", "Write the amount"),
        (".5", "USD", "Write the amount"),
        ("+5", "USD", "Write the amount"),
        ("--5", "USD", "Write the amount"),
        ("٥", "USD", "Write the amount"),
        ("5\n6", "USD", "Write the amount"),
        ("-5", "USD", "zero or more"),
        ("\u22125", "USD", "zero or more"),
        ("-0", "USD", "zero or more"),
        ("1000000000000", "USD", "below a million millions"),
        ("9" * 400, "USD", "below a million millions"),
        ("1.234", "USD", "USD has 2 decimals, no more"),
        ("1.5", "JPY", "JPY has no decimals"),
        ("1.0", "JPY", "JPY has no decimals"),
        ("abc", "JPY", "Write the amount as 1,235"),
    ],
)
def test_what_is_no_amount_is_refused_with_the_reason(text, currency, reason):
    with pytest.raises(DomainError, match=reason):
        parse_amount(text, currency)


def test_a_credit_may_be_negative_and_zero_never_is():
    assert parse_amount("-5", "USD", negative=True) == Money(-5, "USD")
    with pytest.raises(DomainError, match="zero or more"):
        parse_amount("-0.00", "USD", negative=True)


@given(coins=cents, currency=st.sampled_from(CURRENCIES), locale=st.sampled_from(["en_US", "de_DE", "fr_FR", "en_IN"]))
def test_what_the_field_shows_it_reads_back(coins, currency, locale):
    money = Money(Decimal(coins).scaleb(-exponent(currency) - 1), currency)
    field = AmountField(currency=currency, locale=locale)

    assert field.clean(field.prepare_value(round_money(money))) == round_money(money)


@pytest.mark.parametrize(
    ("money", "locale", "shown"),
    [
        (Money(5, "USD"), "en_US", "$5.00"),
        (Money("0.005", "USD"), "en_US", "$0.01"),
        (Money("1234.5", "KWD"), "en_US", "KWD\u00a01,234.500"),
        (Money(1234, "JPY"), "ja-JP", "\uffe51,234"),
        (Money("1234.5", "EUR"), "de_DE", "1.234,50\u00a0€"),
        (Money(5, "USD"), "nowhere", "$5.00"),
    ],
)
def test_an_amount_is_shown_with_its_sign_and_its_own_decimals(money, locale, shown):
    assert format_money(money, locale) == shown


def test_templates_show_money_by_locale_and_a_dash_for_none():
    template = Template("{% load money %}{{ price|money }} {{ price|money:locale }} {{ none|money }}")

    shown = template.render(Context({"price": Money("1234.5", "EUR"), "locale": "de_DE", "none": None}))

    assert shown == "€1,234.50 1.234,50\u00a0€ –"


def test_every_currency_a_practice_may_choose_can_be_reckoned_in():
    codes = [code for code, _name in PracticeForm().fields["currency"].choices]

    assert {"USD", "EUR", "JPY", "KWD", "CHF"} <= set(codes)
    assert all(round_money(Money(1, code)) for code in codes)


class PriceForm(forms.Form):
    price = AmountField(currency="USD")
    extra = AmountField(currency="USD", required=False)


def test_the_field_gives_money_and_an_error_beside_itself():
    assert PriceForm({"price": "1,200", "extra": ""}).errors == {}
    form = PriceForm({"price": "1,200", "extra": ""})
    assert form.is_valid()
    assert form.cleaned_data == {"price": Money(1200, "USD"), "extra": None}
    assert PriceForm({"price": "1e9"}).errors["price"] == ["Write the amount as 1,234.56."]
    assert PriceForm({"price": "  "}).errors["price"] == ["Enter an amount."]
    assert PriceForm({"price": "9" * 5_000_000}).errors["price"] == ["Enter an amount below a million millions."]


def test_the_field_shows_its_currency_and_what_was_typed():
    page = render_to_string("components/field.html", {"field": PriceForm({"price": "1e9"})["price"]})

    assert '<span class="amount__currency">USD</span>' in page
    assert 'value="1e9"' in page


def test_the_field_shows_an_amount_as_one_would_type_it():
    form = PriceForm(initial={"price": Money("1234.50", "USD"), "extra": Money("20.000", "USD")})

    assert 'value="1234.50"' in str(form["price"])
    assert 'value="20"' in str(form["extra"])
    assert not PriceForm({"price": "1234.50"}, initial={"price": Money("1234.5", "USD")}).has_changed()
