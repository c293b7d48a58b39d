"""Tools and delivery of repositories: on the run's page, in the summary, on a terminal."""

import pytest
from django.urls import reverse

from discovery import delivery_words, documents
from discovery.models import Run
from discovery.progress import show_result
from discovery.services import summaries
from discovery.summary import summary_content
from infra_audit.repository_wording import busiest, lines, span
from tests.discovery_factories import make_run
from tests.repository_factories import make_answers, make_delivery, make_tool
from tests.summary_factories import make_told_run

TOLD = {
    "tools": [
        make_tool("Python", "language", "3.12", path="Dockerfile"),
        make_tool("Python", "language", "3.9", repository="billing"),
        make_tool("Django", version="5.2"),
        make_tool("Test files", "tests"),
    ],
    "delivery": {"billing": make_delivery(commits=3, lead=None, often=None), "shop": make_delivery()},
    "documentation": {"billing": make_answers(), "shop": make_answers("run", "owner")},
}


def test_a_tool_is_one_row_over_all_repositories():
    python, django, _tests = delivery_words.tool_lines(TOLD)

    assert (python.category, python.version, python.proof, python.more) == ("Language", "3.12, 3.9", "Dockerfile", 1)
    assert (django.name, django.repository, django.more) == ("Django", "shop", 0)


def test_of_many_tools_each_category_gets_its_turn_and_tests_none():
    many = [make_tool(f"Framework {n}") for n in range(30)] + [
        make_tool("Kafka", "database"),
        make_tool("pytest", "tests"),
    ]

    chosen = delivery_words.telling_tools(delivery_words.tool_lines({"tools": many}), most=4)

    assert [one.name for one in chosen] == ["Framework 0", "Framework 1", "Framework 2", "Kafka"]


def test_measures_are_told_with_source_and_confidence_or_said_not_to_be_measurable():
    shop, billing = delivery_words.repository_lines(TOLD)

    lead, often, harm, _restore, kept = shop.measures
    assert (lead.told, lead.note, lead.source, lead.confidence) == (
        "50 hours",
        "The median of 30 commits.",
        "release tags",
        "low",
    )
    assert (often.told, often.note) == ("3 in twelve months", "3 releases.")
    assert (harm.is_known, harm.told) == (False, "not measurable from here")
    assert harm.hint == "A hint, no measure: 5 % of 40 commits taken back, 0 % of 40 commits called hotfixes."
    assert kept.note == "It stands in monitoring."
    assert (shop.answered, shop.answers[0].place, shop.answers[1].place) == (2, "README.md:3", "")
    assert (billing.name, billing.measures[0].told) == ("billing", "not measurable from here")


@pytest.mark.parametrize(
    ("hours", "told"), [(0.2, (0, "hours")), (71.4, (71, "hours")), (72.0, (3, "days")), (2400, (100, "days"))]
)
def test_spans_are_said_as_people_say_them(hours, told):
    assert span(hours) == told


@pytest.mark.parametrize(
    ("often", "told"), [(0.0, "not once in twelve months"), (4.0, "4 a month"), (2.25, "2.2 a month")]
)
def test_how_often_is_said_by_the_month_or_the_year(often, told):
    (line,) = delivery_words.repository_lines({"delivery": {"shop": make_delivery(often=often)}})

    assert line.measures[1].told == told


def test_a_run_from_before_they_were_counted_has_none():
    assert (delivery_words.tool_lines({}), delivery_words.repository_lines({}), list(lines({}))) == ([], [], [])


def test_a_terminal_gets_three_lines_of_the_busiest_repository():
    assert busiest(TOLD["delivery"]) == "shop"
    assert list(lines(TOLD)) == [
        "Runs on Python 3.12, Python 3.9, Django 5.2, Test files.",
        "shop, and 1 more: 3 releases by tag in twelve months; commit to release 50 hours (median of 30 commits);"
        " 3 of 5 measures of delivery are not measurable from here.",
        "shop, and 1 more: its documents answer 2 of 6 questions of a newcomer; not how to test it, how to deploy it,"
        " how to roll back, how it is built.",
    ]


@pytest.mark.django_db
def test_the_command_tells_it(capsys):
    show_result(make_run(status=Run.Status.DONE, result={"not_assessed": [], **TOLD}))

    assert "Runs on Python 3.12" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_runs_page_tells_staff_what_the_team_runs_on_and_how_it_delivers(client, ada, ben, cleo, bens_organisation):
    result = {"examined": {}, "passed": {}, "not_assessed": [], "iac_coverage": {}, "api_calls": 1, **TOLD}
    address = reverse(
        "discovery:run", args=[make_run(bens_organisation, status=Run.Status.DONE, result=result).public_id]
    )
    for person, status in ((ben, 404), (cleo, 404), (ada, 200)):
        client.force_login(person)
        answer = client.get(address)
        assert answer.status_code == status

    page = answer.content.decode()
    assert page.index("What the team runs on") < page.index("Dockerfile") < page.index("How it delivers")
    assert page.count("not measurable from here") == 8
    assert "nowhere that we found" in page


@pytest.fixture
def summary(ada):
    run = make_told_run(found={"sg_ssh_open": 3})
    run.result = {**run.result, **TOLD}
    run.save()
    return summaries.draft_summary(run=run, actor=ada)


@pytest.mark.django_db
def test_the_summary_tells_the_busiest_repository_and_how_many_more(summary):
    html = documents.summary_html(summaries.snapshot_of(summary), draft=False)

    assert '<a href="#repositories">' in html
    assert "How shop delivers, over twelve months" in html
    assert "Of 6 things that a newcomer must find out, the documents of shop tell 2." in html
    assert "1 more repository is in the data that comes with this." in html
    assert "1 more tool was found." in html


@pytest.mark.django_db
def test_a_summary_without_repositories_or_of_old_says_nothing_of_it(ada):
    run = make_told_run(found={"sg_ssh_open": 3})
    content = summary_content(summaries.draft_summary(run=run, actor=ada)).as_snapshot()
    old = {
        name: value
        for name, value in content.items()
        if name not in {"tools", "delivery", "tools_more", "delivery_more"}
    }

    for snapshot in (content, old):
        assert 'id="repositories"' not in documents.summary_html(snapshot, draft=False)
