"""Drafting a summary and editing it."""

import pytest

from core.errors import DomainError
from core.models import Event
from discovery import summary as words
from discovery.models import Finding, Occurrence, Run, Summary, SummaryEntry
from discovery.services import summaries
from discovery.services.findings import mark_false_positive
from tests.discovery_factories import make_run
from tests.summary_factories import add_findings, make_told_run

FOUND = {"rds_nothing_survives_deletion": 12, "sg_ssh_open": 3, "resource_untagged": 30, "ec2_no_instance_profile": 5}


def drafted(ada, **fields):
    return summaries.draft_summary(run=make_told_run(**{"found": FOUND, **fields}), actor=ada)


def entry_of(summary, check_id):
    return summary.entries.get(check_id=check_id)


def add_by_hand(summary, ada, **fields):
    told = {"topic": "team", "title": "Only one person can deploy", "severity": "high", "effort": "weeks"}
    return summaries.add_entry_by_hand(summary=summary, actor=ada, **{**told, **fields})


def test_a_draft_makes_sensible_choices_by_itself(ada):
    summary = drafted(ada, examined={"iam_no_mfa": 8})

    assert summary.verdict == (
        "One mistaken delete could lose the data and every copy of it. This holds for 12 of your 16 databases."
        " Three changes, about three weeks, close the worst."
    )
    assert [entry.check_id for entry in summary.entries.all()] == list(FOUND)
    assert [action.check_id for action in summary.actions.all()] == list(FOUND)[:3]
    assert summary.good_news[0].startswith("All 8 people who sign in with a password use a second factor")
    assert summary.next_person == "Ada"
    assert (summary.next_date - summary.run.as_of.date()).days in range(7, 10)
    assert summary.next_date.weekday() < 5
    assert Event.objects.get(what="summary.drafted").actor == ada


def test_what_is_only_worth_knowing_is_nothing_to_do_first(ada):
    summary = drafted(ada, found={"ec2_no_instance_profile": 5})

    assert summary.actions.count() == 0
    assert "nothing that needs doing" in summary.verdict


def test_a_run_without_findings_says_so_plainly(ada):
    summary = drafted(ada, found={}, examined={"rds_retention_zero": 14})

    assert (
        summary.verdict == "In what we could read we found nothing that needs doing: 14 questions, all answered well."
    )
    assert summary.good_news[0] == "All 14 databases make automated backups."


def test_nothing_good_is_said_of_what_has_a_gap(ada):
    run = make_told_run(found={"sg_ssh_open": 1}, examined={"rds_retention_zero": 14})
    run.result["not_assessed"] = [gap(check="rds_retention_zero")]
    run.save()

    summary = summaries.draft_summary(run=run, actor=ada)

    assert not [news for news in summary.good_news if "automated backups" in news]


def gap(**fields):
    told = {
        "check": "no_budget",
        "account": "123456789012",
        "region": "eu-west-1",
        "unit": "budgets.describe_budgets",
        "reason": "denied",
        "denied_by": "identity policy",
        "iam_action": "budgets:ViewBudget",
        "resource": None,
        "repository": "",
        "message": "",
    }
    return {**told, **fields}


def test_drafting_twice_gives_the_same_draft(ada):
    run = make_told_run()

    assert summaries.draft_summary(run=run, actor=ada) == summaries.draft_summary(run=run, actor=None)
    assert Event.objects.filter(what="summary.drafted").count() == 1


@pytest.mark.parametrize("status", [Run.Status.RUNNING, Run.Status.FAILED, Run.Status.CANCELLED])
def test_a_run_without_results_has_no_summary(ada, status):
    with pytest.raises(DomainError, match="no results"):
        summaries.draft_summary(run=make_run(status=status), actor=ada)


def test_the_next_run_keeps_what_staff_wrote_hid_and_added(ada):
    first = drafted(ada)
    summaries.change_entry(
        entry=entry_of(first, "sg_ssh_open"), actor=ada, title="The old office is let in", detail="*x*"
    )
    summaries.change_entry(entry=entry_of(first, "resource_untagged"), actor=ada, decision="hide")
    add_by_hand(first, ada)
    summaries.edit_words(
        summary=first, actor=ada, words="As we *said*.", next_person="Ben", not_seen_extra="Two not met."
    )
    run = make_told_run(first.organisation, found={"sg_ssh_open": 2, "resource_untagged": 4, "iam_no_mfa": 1})

    second = summaries.draft_summary(run=run, actor=ada)

    entry = entry_of(second, "sg_ssh_open")
    assert (entry.title, entry.detail) == ("The old office is let in", "*x*")
    assert entry_of(second, "resource_untagged").decision == SummaryEntry.Decision.HIDE
    assert second.entries.get(check_id="").title == "Only one person can deploy"
    assert (second.words, second.next_person, second.not_seen_extra) == ("As we *said*.", "Ben", "Two not met.")
    assert "resource_untagged" not in {action.check_id for action in second.actions.all()}


def test_another_clients_words_are_not_taken_over(ada):
    summaries.edit_words(summary=drafted(ada), actor=ada, words="Secret plans.")

    assert drafted(ada).words == ""


def test_hidden_false_and_accepted_things_are_not_told(ada):
    run = make_told_run(found={"sg_ssh_open": 3, "resource_untagged": 4})
    false, accepted = Finding.objects.filter(check_id="sg_ssh_open")[:2]
    mark_false_positive(finding=false, reason="A honeypot.", actor=ada)
    run.occurrences.filter(finding=accepted).update(status=Occurrence.Status.ACCEPTED)
    summary = summaries.draft_summary(run=run, actor=ada)
    summaries.change_entry(entry=entry_of(summary, "resource_untagged"), actor=ada, decision="hide")

    content = words.summary_content(summary)

    assert [group.title for topic in content.topics for group in topic.groups] == [
        "1 of 7 firewall groups lets the whole internet try to sign in to servers"
    ]
    assert (content.findings, content.accepted) == (1, 1)
    assert [(line.severity, line.bad, line.examined) for line in content.severities] == [("high", 1, 7)]
    told = str(content.as_snapshot())
    assert false.resource_name not in told
    assert accepted.resource_name not in told


def test_an_entry_whose_findings_were_all_ruled_false_is_not_told(ada):
    summary = drafted(ada, found={"sg_ssh_open": 1})
    mark_false_positive(finding=Finding.objects.get(), reason="A honeypot.", actor=ada)

    content = words.summary_content(summary)

    assert content.topics == ()
    assert content.findings == 0


def test_rewording_replaces_the_title_and_an_empty_one_brings_it_back(ada):
    summary = drafted(ada)
    entry = entry_of(summary, "sg_ssh_open")

    summaries.change_entry(entry=entry, actor=ada, title=" {{7*7}} </style> ")
    assert titles(summary)[1] == "{{7*7}} </style>"

    summaries.change_entry(entry=entry, actor=ada, title="")
    assert titles(summary)[1] == "3 of 7 firewall groups let the whole internet try to sign in to servers"


def titles(summary):
    content = words.summary_content(summary)
    return [group.title for topic in content.topics for group in topic.groups]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"decision": "maybe"}, "“maybe” is no decision"),
        ({"severity": "terrible"}, "“terrible” is no severity"),
        ({"effort": "years"}, "“years” is no effort"),
        ({"topic": "weather"}, "“weather” is no topic"),
        ({"title": "x" * 301}, "longer than 300"),
    ],
)
def test_an_entry_refuses_what_it_cannot_be(ada, changes, sentence):
    entry = drafted(ada).entries.first()

    with pytest.raises(DomainError, match=sentence):
        summaries.change_entry(entry=entry, actor=ada, **changes)


def test_an_entry_moves_and_the_others_close_up(ada):
    summary = drafted(ada)

    summaries.move_entry(entry=entry_of(summary, "ec2_no_instance_profile"), rank=2, actor=ada)
    summaries.move_entry(entry=entry_of(summary, "rds_nothing_survives_deletion"), rank=99, actor=ada)

    assert list(summary.entries.values_list("check_id", "rank")) == [
        ("ec2_no_instance_profile", 1),
        ("sg_ssh_open", 2),
        ("resource_untagged", 3),
        ("rds_nothing_survives_deletion", 4),
    ]


def test_a_finding_by_hand_stands_with_those_as_bad_and_under_its_topic(ada):
    summary = drafted(ada)

    entry = add_by_hand(summary, ada, detail="Since **May**.")

    assert entry.rank == 3  # after the critical and the high one
    assert list(summary.entries.values_list("rank", flat=True)) == [1, 2, 3, 4, 5]
    team = words.summary_content(summary).topics[-1]
    assert (team.title, team.groups[0].title, team.groups[0].words) == (
        "Team",
        "Only one person can deploy",
        "Since **May**.",
    )


def test_the_first_finding_by_hand_of_an_empty_summary_stands_first(ada):
    assert add_by_hand(drafted(ada, found={}), ada).rank == 1


@pytest.mark.parametrize("title", ["", "   "])
def test_a_finding_by_hand_needs_a_title(ada, title):
    with pytest.raises(DomainError, match="needs a title"):
        add_by_hand(drafted(ada), ada, title=title)


def test_only_what_was_added_by_hand_can_be_taken_away(ada):
    summary = drafted(ada)
    summaries.remove_entry_by_hand(entry=add_by_hand(summary, ada), actor=ada)

    assert list(summary.entries.values_list("rank", flat=True)) == [1, 2, 3, 4]
    with pytest.raises(DomainError, match="Hide it instead"):
        summaries.remove_entry_by_hand(entry=summary.entries.first(), actor=ada)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [(" ".join(["word"] * 31), "has 31 words: at most 30"), ("  ", "write one"), ("x" * 401, "longer than 400")],
)
def test_a_verdict_keeps_to_its_thirty_words(ada, verdict, sentence):
    summary = drafted(ada)
    before = summary.verdict

    with pytest.raises(DomainError, match=sentence):
        summaries.edit_words(summary=summary, actor=ada, verdict=verdict)

    summary.refresh_from_db()
    assert summary.verdict == before


def test_thirty_words_and_odd_letters_are_a_verdict(ada):
    thirty = " ".join(["שלום", "e\u0301", "🚧", *["word"] * 27])

    summary = summaries.edit_words(summary=drafted(ada), actor=ada, verdict=f"  {thirty}\n", next_date=None)

    assert (summary.verdict, summary.next_date) == (thirty, None)


def test_staff_name_their_own_three_actions(ada):
    summary = drafted(ada)
    actions = [{"action": f"Do {i}", "consequence": "It could break.", "calendar_time": "1 day"} for i in range(4)]

    summaries.edit_actions(summary=summary, actions=actions[:2], actor=ada)

    assert [one.action for one in words.summary_content(summary).actions] == ["Do 0", "Do 1"]
    with pytest.raises(DomainError, match="room for 3"):
        summaries.edit_actions(summary=summary, actions=actions, actor=ada)
    with pytest.raises(DomainError, match="what to do"):
        summaries.edit_actions(summary=summary, actions=[{**actions[0], "consequence": " "}], actor=ada)


def test_drafting_the_words_again_follows_what_is_kept_now(ada):
    summary = drafted(ada)
    summaries.change_entry(entry=entry_of(summary, "rds_nothing_survives_deletion"), actor=ada, decision="hide")
    summaries.edit_words(summary=summary, actor=ada, verdict="Old words.", words="Kept.")

    summaries.redraft(summary=summary, actor=ada)

    summary.refresh_from_db()
    assert summary.verdict.startswith("A stranger could get onto a server: 3 of 7 firewall groups")
    assert summary.words == "Kept."
    assert summary.actions.first().check_id == "sg_ssh_open"


def test_a_check_that_has_left_the_catalogue_is_told_in_the_runs_own_words(ada):
    run = make_told_run(found={})
    add_findings(run, "retired_check", 2)

    summary = summaries.draft_summary(run=run, actor=ada)

    group = words.summary_content(summary).topics[0].groups[0]
    assert (group.title, group.remedy) == ("An old check's title", "Mend it.")


def test_what_is_being_frozen_refuses_every_edit(ada):
    summary = drafted(ada)
    entry, hand = summary.entries.first(), add_by_hand(summary, ada)
    Summary.objects.filter(pk=summary.pk).update(status=Summary.Status.FREEZING)
    edits = [
        lambda: summaries.change_entry(entry=entry, actor=ada, decision="hide"),
        lambda: summaries.move_entry(entry=entry, rank=3, actor=ada),
        lambda: add_by_hand(summary, ada),
        lambda: summaries.remove_entry_by_hand(entry=hand, actor=ada),
        lambda: summaries.edit_words(summary=summary, actor=ada, words="x"),
        lambda: summaries.edit_actions(summary=summary, actions=[], actor=ada),
        lambda: summaries.redraft(summary=summary, actor=ada),
        lambda: summaries.freeze_summary(summary=summary, actor=ada),
    ]

    for edit in edits:
        with pytest.raises(DomainError, match="can no longer be changed"):
            edit()
