import pytest

from discovery import wording
from infra_audit.registry import Scope, catalogue

CHECKS = list(catalogue().values())


@pytest.mark.parametrize(
    ("template", "n", "m", "told"),
    [
        ("{n} of {m} databases make no backups", 4, 16, "4 of 16 databases make no backups"),
        ("{n} of {m} databases make no backups", 1, 16, "1 of 16 databases makes no backups"),
        ("{n} of {m} databases make no backups", 1, 1, "1 of 1 database makes no backups"),
        ("{n} of {m} storage buckets are open", 1, 1, "1 of 1 storage bucket is open"),
        ("{n} of {m} storage buckets are open", 1200, 20000, "1,200 of 20,000 storage buckets are open"),
        ("{n} of {m} databases can be deleted in one step", 1, 2, "1 of 2 databases can be deleted in one step"),
        (
            "{n} of {m} people who sign in with a password use no second factor",
            1,
            1,
            "1 of 1 person who signs in with a password uses no second factor",
        ),
        (
            "{n} of {m} people and programs with access keys have not changed theirs",
            1,
            1,
            "1 of 1 person or program with access keys has not changed theirs",
        ),
        (
            "{n} of {m} databases have no copy that would survive their deletion",
            1,
            3,
            "1 of 3 databases has no copy that would survive its deletion",
        ),
        ("{n} credentials are in the history", 1, 1, "1 credential is in the history"),
        ("{n} policies name nobody", 1, 40, "1 policy names nobody"),
    ],
)
def test_a_sentence_agrees_with_its_numbers(template, n, m, told):
    assert wording.count_sentence(template, n, m) == told


COUNTING = [check for check in CHECKS if check.scope is not Scope.RUN]
ONCE_A_RUN = [check for check in CHECKS if check.scope is Scope.RUN]


@pytest.mark.parametrize("check", COUNTING, ids=lambda check: check.id)
def test_every_headline_can_be_said_of_one(check):
    """A headline whose verb is unknown would read "1 of 3 databases make": add the verb to SINGULAR_VERBS."""
    words = check.headline.partition("{m}" if "{m}" in check.headline else "{n}")[2].split(" ")

    assert "{n}" in check.headline
    assert wording.main_verb(words) is not None or not check.headline.startswith("{n}")
    assert "{" not in wording.count_sentence(check.headline, 1, 1)


@pytest.mark.parametrize("check", ONCE_A_RUN, ids=lambda check: check.id)
def test_what_can_be_found_only_once_is_said_as_it_is_written(check):
    assert wording.count_sentence(check.headline, 1, 1) == check.headline


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 20), (12, 16), (20_000, 30_000)])
def test_every_verdict_fits_thirty_words_and_ends_with_the_way_out(check, n, m):
    told = wording.verdict(headline=check.headline, consequence=check.consequence, n=n, m=m, changes=3, days=9)

    assert wording.word_count(told) <= 30
    assert told.endswith("Three changes, about two weeks, close the worst.")
    assert wording.word_count(told) > 12
    assert told[0].isupper()


def test_a_verdict_says_consequence_count_and_way_out():
    told = wording.verdict(
        headline="{n} of {m} databases have no copy that would survive their deletion",
        consequence="one mistaken delete could lose the data and every copy of it",
        n=12,
        m=16,
        changes=3,
        days=9,
    )

    assert told == (
        "One mistaken delete could lose the data and every copy of it. This holds for 12 of your 16 databases."
        " Three changes, about two weeks, close the worst."
    )


def test_one_change_is_said_in_the_singular():
    told = wording.verdict(
        headline="{n} of {m} accounts have no budget",
        consequence="the bill could run away",
        n=1,
        m=1,
        changes=1,
        days=1,
    )

    assert told == "The bill could run away: 1 of 1 account has no budget. One change, about one day, closes this."


@pytest.mark.parametrize(
    ("m", "told"),
    [
        (16, "All 16 databases make automated backups."),
        (2, "Both databases make automated backups."),
        (1, "The one database makes automated backups."),
    ],
)
def test_good_news_agrees_with_its_number(m, told):
    assert wording.all_sentence("All {m} databases make automated backups.", m) == told


@pytest.mark.parametrize(
    ("days", "told"),
    [(1, "1 day"), (4, "4 days"), (5, "1 week"), (6, "2 weeks"), (40, "8 weeks"), (41, "2 months"), (90, "5 months")],
)
def test_calendar_time_is_said_in_the_unit_that_people_use(days, told):
    assert wording.calendar_time(days) == told


@pytest.mark.parametrize("effort", ["minutes", "hours", "days", "weeks"])
def test_mending_more_takes_longer_but_not_in_proportion(effort):
    days = [wording.working_days(effort, findings) for findings in (1, 10, 1000)]

    assert days == sorted(days)
    assert 1 <= days[0] <= days[2] <= 4 * days[0]


@pytest.mark.parametrize(
    ("severity", "effort", "when"),
    [
        ("critical", "weeks", "now"),
        ("high", "hours", "now"),
        ("high", "days", "30"),
        ("medium", "minutes", "30"),
        ("medium", "weeks", "90"),
        ("low", "minutes", "90"),
        ("info", "minutes", ""),
    ],
)
def test_what_is_worse_and_quicker_comes_sooner(severity, effort, when):
    assert wording.horizon(severity, effort) == when


@pytest.mark.parametrize(
    ("items", "told"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_is_read_as_a_sentence(items, told):
    assert wording.listed(items) == told
