"""Triage: who may, with htmx and without, and what each act changes."""

import pytest
from django.urls import reverse

from core.models import Event
from discovery.models import Finding, Summary, SummaryEntry
from discovery.services import summaries
from tests.discovery_factories import make_audited_run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NOBODYS = "A" * 22


@pytest.fixture
def draft(bens_organisation, ada):
    return summaries.draft_summary(run=make_audited_run(bens_organisation), actor=ada)


@pytest.fixture
def entry(draft):
    """The second: five findings that SSH is open."""
    return draft.entries.get(check_id="sg_ssh_open")


def url(name, summary, entry=None):
    return reverse(f"discovery:{name}", args=[one.public_id for one in (summary, entry) if one])


def by_hand(draft, ada, **fields):
    said = {"topic": "process", "title": "Nobody reviews changes", "severity": "medium", **fields}
    return summaries.add_entry_by_hand(summary=draft, actor=ada, **said)


POSTS = {
    "triage-decide": {"decision": "hide"},
    "triage-move": {"to": "up"},
    "triage-reword": {"title": "In our words"},
    "triage-false": {"reason": "No", "every": "on"},
    "triage-remove": {},
    "triage-verdict": {"verdict": "All is lost."},
    "triage-page-one": {"next_person": "Ben"},
    "triage-actions": {"action-0-action": "A", "action-0-consequence": "B", "action-0-calendar_time": "1 day"},
    "triage-redraft": {},
    "triage-add": {"new-topic": "team", "new-severity": "low", "new-title": "T"},
    "summary-freeze": {},
}
OF_AN_ENTRY = {"triage-decide", "triage-move", "triage-reword", "triage-false", "triage-remove"}


@pytest.mark.parametrize("name", POSTS)
def test_only_staff_may_change_a_draft(client, ben, cleo, draft, entry, name):
    there = url(name, draft, entry if name in OF_AN_ENTRY else None)
    before = list(SummaryEntry.objects.values()), list(Summary.objects.values())

    assert reverse("account_login") in client.post(there, POSTS[name]).url
    for person in (ben, cleo):
        client.force_login(person)
        assert client.post(there, POSTS[name]).status_code == 404

    assert (list(SummaryEntry.objects.values()), list(Summary.objects.values())) == before


def test_only_staff_see_a_draft(client, ada, ben, cleo, draft, entry):
    pages = [
        *(url(name, draft) for name in ("summary", "triage-add", "summary-preview", "summary-document")),
        *(url(name, draft, entry) for name in ("triage-reword", "triage-false")),
    ]
    for there in pages:
        assert client.get(there).status_code == 302
    for person, status in ((ada, 200), (ben, 404), (cleo, 404)):
        client.force_login(person)
        assert {client.get(there).status_code for there in pages} == {status}


def test_an_entry_of_another_summary_is_not_there(client, ada, draft, entry):
    other = summaries.draft_summary(run=make_audited_run(), actor=ada)
    client.force_login(ada)

    answer = client.post(url("triage-decide", other, entry), {"decision": "hide"})

    assert answer.status_code == 404


def test_the_page_asks_as_much_for_three_rows_as_for_eighteen(client, ada, draft, django_assert_max_num_queries):
    client.force_login(ada)
    with django_assert_max_num_queries(12) as few:
        client.get(url("summary", draft))
    found = [one for one in SINGLE_FINDINGS if one not in {"sg_ssh_open"}]
    many = summaries.draft_summary(run=make_audited_run(**dict.fromkeys(found, 4)), actor=ada)

    with django_assert_max_num_queries(12) as more:
        page = client.get(url("summary", many))

    assert len(page.context["board"].rows) == len(found)
    assert len(more) == len(few)


SINGLE_FINDINGS = [
    "ec2_no_instance_profile",
    "iam_key_old",
    "iam_no_mfa",
    "no_budget",
    "rds_no_deletion_protection",
    "rds_retention_zero",
    "readme_missing",
    "resource_not_in_iac",
    "resource_untagged",
    "s3_public",
    "secret_at_head",
    "secret_in_history",
    "tf_module_unpinned",
    "tf_skip_final_snapshot",
]


def test_a_row_tells_count_and_places_in_the_tools_words(client, ada, draft, entry):
    client.force_login(ada)

    row = client.get(url("summary", draft)).context["board"].row(entry)

    assert row.title == "5 of 10 firewall groups let the whole internet try to sign in to servers"
    assert (row.found, row.examined, len(row.places), row.more) == (5, 10, 3, 2)


def test_hiding_without_javascript_comes_back_to_the_row(client, ada, draft, entry):
    client.force_login(ada)

    answer = client.post(url("triage-decide", draft, entry), {"decision": "hide"})

    assert answer.url == f"{url('summary', draft)}#entry-{entry.public_id}"
    entry.refresh_from_db()
    assert entry.decision == "hide"
    assert Event.objects.filter(what="summary.entry_changed", actor=ada).exists()


def test_hiding_by_htmx_answers_the_row_and_the_counts(client, ada, draft, entry):
    client.force_login(ada)

    answer = client.post(url("triage-decide", draft, entry), {"decision": "hide"}, headers=HTMX)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="entry-{entry.public_id}"' in text
    assert "2 kept, 1 hidden" in text
    assert "<html" not in text


def test_no_other_decision_is_known(client, ada, draft, entry):
    client.force_login(ada)

    assert client.post(url("triage-decide", draft, entry), {"decision": "burn"}).status_code == 404
    assert client.post(url("triage-move", draft, entry), {"to": "sideways"}).status_code == 404


def test_an_entry_moves_one_place_and_stops_at_the_end(client, ada, draft, entry):
    client.force_login(ada)
    for to, ranks in (("up", [1]), ("up", [1]), ("down", [2]), ("down", [3]), ("down", [3])):
        client.post(url("triage-move", draft, entry), {"to": to}, headers=HTMX)
        assert list(draft.entries.filter(pk=entry.pk).values_list("rank", flat=True)) == ranks
    assert sorted(draft.entries.values_list("rank", flat=True)) == [1, 2, 3]


def test_rewording_and_going_back_to_the_tools_words(client, ada, draft, entry):
    client.force_login(ada)
    there, name = url("triage-reword", draft, entry), f"e{entry.pk}-title"

    client.post(there, {name: "Five doors stand open", f"e{entry.pk}-detail": "**All** of them."})
    row = client.get(url("summary", draft)).context["board"].row(entry)
    assert (row.title, row.reworded) == ("Five doors stand open", True)

    client.post(there, {name: "Whatever stands there", "tools": "1"}, headers=HTMX)
    entry.refresh_from_db()
    assert (entry.title, entry.detail) == ("", "")


def test_the_tools_words_saved_as_they_are_stay_the_tools(client, ada, draft, entry):
    client.force_login(ada)
    form = client.get(url("triage-reword", draft, entry), headers=HTMX).context["form"]

    client.post(url("triage-reword", draft, entry), {f"e{entry.pk}-title": form["title"].value()})

    entry.refresh_from_db()
    assert entry.title == ""


def test_a_title_too_long_is_refused_beside_its_field(client, ada, draft, entry):
    client.force_login(ada)
    data = {f"e{entry.pk}-title": "x" * 301}
    for headers in ({}, HTMX):
        answer = client.post(url("triage-reword", draft, entry), data, headers=headers)
        assert answer.status_code == 422
        assert "at most 300 characters" in answer.content.decode()


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{7*7}}", "](javascript:alert(1))"])
def test_what_staff_write_stays_text(client, ada, draft, entry, text):
    client.force_login(ada)
    client.post(url("triage-reword", draft, entry), {f"e{entry.pk}-title": text, f"e{entry.pk}-detail": text})

    for name in ("summary", "summary-document"):
        page = client.get(url(name, draft)).content.decode()
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert text != "{{7*7}}" or "{{7*7}}" in page


def test_single_findings_of_a_group_are_marked_false_with_a_reason(client, ada, draft, entry):
    client.force_login(ada)
    there = url("triage-false", draft, entry)
    group = client.get(there).context["group"]
    chosen = [occurrence.finding.public_id for occurrence in group][:2]

    answer = client.post(there, {"findings": chosen, "reason": "The office's own address"}, headers=HTMX)

    row = answer.context["row"]
    assert (row.found, row.ruled_false, row.state) == (3, 2, "keep")
    ruled = Finding.objects.filter(status=Finding.Status.FALSE_POSITIVE)
    assert {(one.public_id, one.ruling_reason, one.ruled_by) for one in ruled} == {
        (public_id, "The office's own address", ada) for public_id in chosen
    }


def test_a_group_that_is_all_false_says_so_and_can_be_taken_back(client, ada, draft, entry):
    client.force_login(ada)
    there = url("triage-false", draft, entry)
    client.post(there, {"every": "on", "reason": "A test account"})
    board = client.get(url("summary", draft)).context["board"]
    assert (board.row(entry).state, board.ruled_false, board.published) == ("false", 1, 15)

    finding = Finding.objects.filter(check_id="sg_ssh_open").first()
    answer = client.post(url("triage-withdraw", draft, entry), {"finding": finding.public_id}, headers=HTMX)

    assert answer.context["row"].found == 1
    finding.refresh_from_db()
    assert finding.status == Finding.Status.OPEN


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        ({"reason": "No"}, 409, "Choose at least one finding"),
        ({"every": "on"}, 422, "This field is required"),
        ({"every": "on", "reason": "   "}, 422, "This field is required"),
        ({"findings": [NOBODYS], "reason": "No"}, 422, ""),
    ],
)
def test_a_ruling_without_finding_or_reason_is_refused(client, ada, draft, entry, data, status, sentence):
    client.force_login(ada)
    for headers in ({}, HTMX):
        answer = client.post(url("triage-false", draft, entry), data, headers=headers)
        assert answer.status_code == status
        assert sentence in answer.content.decode()
    assert not Finding.objects.filter(status=Finding.Status.FALSE_POSITIVE).exists()


def test_what_is_behind_a_group_comes_in_pages(client, ada, bens_organisation):
    draft = summaries.draft_summary(run=make_audited_run(bens_organisation, s3_public=60), actor=ada)
    client.force_login(ada)
    there = url("triage-false", draft, draft.entries.get())

    last = client.get(there, {"page": 3}).context["group"]

    assert (last.start_index(), last.end_index(), len(last)) == (51, 60, 10)


def test_findings_by_hand_are_added_changed_and_taken_out(client, ada, draft):
    client.force_login(ada)
    said = {"new-topic": "process", "new-severity": "high", "new-effort": "days", "new-title": "Nobody reviews changes"}

    answer = client.post(url("triage-add", draft), said, headers=HTMX)

    made = draft.entries.get(check_id="")
    assert answer.context["added"] == made.pk
    assert (made.topic, made.severity, made.effort, made.decision) == ("process", "high", "days", "keep")

    words = {"topic": "team", "severity": "low", "effort": "", "title": "Reviews are rare", "detail": ""}
    client.post(url("triage-reword", draft, made), {f"e{made.pk}-{name}": value for name, value in words.items()})
    made.refresh_from_db()
    assert (made.topic, made.severity, made.title) == ("team", "low", "Reviews are rare")

    client.post(url("triage-remove", draft, made))
    assert not draft.entries.filter(check_id="").exists()
    assert sorted(draft.entries.values_list("rank", flat=True)) == [1, 2, 3]


def test_a_finding_by_hand_needs_a_title_and_keeps_what_was_typed(client, ada, draft):
    client.force_login(ada)
    said = {"new-topic": "team", "new-severity": "low", "new-title": " ", "new-detail": "Half a page"}
    for headers in ({}, HTMX):
        answer = client.post(url("triage-add", draft), said, headers=headers)
        assert answer.status_code == 422
        assert "Half a page" in answer.content.decode()
    assert not draft.entries.filter(check_id="").exists()


def test_what_a_check_found_cannot_be_taken_out(client, ada, draft, entry):
    client.force_login(ada)

    answer = client.post(url("triage-remove", draft, entry))

    assert answer.status_code == 409
    assert "Hide it instead" in answer.content.decode()


def test_a_finding_by_hand_has_no_group_to_look_into(client, ada, draft):
    client.force_login(ada)

    assert client.get(url("triage-false", draft, by_hand(draft, ada))).status_code == 404


def test_the_verdict_is_saved_up_to_thirty_words(client, ada, draft):
    client.force_login(ada)
    thirty = " ".join(["word"] * 30)

    assert client.post(url("triage-verdict", draft), {"verdict": thirty}).status_code == 302
    for headers in ({}, HTMX):
        answer = client.post(url("triage-verdict", draft), {"verdict": f"{thirty} more"}, headers=headers)
        assert answer.status_code == 422
        assert "31 words" in answer.content.decode()

    draft.refresh_from_db()
    assert draft.verdict == thirty


def test_the_rest_of_page_one_is_saved(client, ada, draft):
    client.force_login(ada)
    said = {
        "good_1": "All 28 people use a second factor.",
        "good_2": "",
        "not_seen_extra": "Four people not interviewed.",
        "next_date": "2026-12-01",
        "next_decision": "May we start?",
        "next_person": "Ben",
        "words": "**Thank you.**",
    }

    answer = client.post(url("triage-page-one", draft), said, headers=HTMX)

    assert "Saved." in answer.content.decode()
    draft.refresh_from_db()
    assert draft.good_news == ["All 28 people use a second factor."]
    assert (f"{draft.next_date:%Y-%m-%d}", draft.next_person, draft.words) == ("2026-12-01", "Ben", "**Thank you.**")


def test_a_date_that_is_none_is_refused_by_name(client, ada, draft):
    client.force_login(ada)

    answer = client.post(url("triage-page-one", draft), {"next_date": "yesterday"}, headers=HTMX)

    assert answer.status_code == 422
    assert "Next: one date" in answer.content.decode()


def actions(*rows):
    names = ("action", "consequence", "calendar_time", "check_id")
    return {f"action-{i}-{name}": value for i, row in enumerate(rows) for name, value in zip(names, row, strict=True)}


def test_actions_are_changed_and_one_that_is_emptied_goes(client, ada, draft):
    client.force_login(ada)
    kept = ("Copy the databases", "The orders could be restored.", "3 days", "rds_nothing_survives_deletion")

    client.post(url("triage-actions", draft), actions(kept, ("", "", "", "sg_ssh_open"), ("", "", "", "")))

    assert list(draft.actions.values_list("rank", "action", "check_id")) == [
        (1, "Copy the databases", "rds_nothing_survives_deletion")
    ]


def test_half_an_action_is_refused(client, ada, draft):
    client.force_login(ada)
    before = list(draft.actions.values("action"))
    for headers in ({}, HTMX):
        answer = client.post(url("triage-actions", draft), actions(("Copy them", "", "", "")), headers=headers)
        assert answer.status_code == 422
    assert list(draft.actions.values("action")) == before


def test_page_one_is_written_anew_from_what_is_kept(client, ada, draft):
    client.force_login(ada)
    worst = draft.entries.get(rank=1)
    client.post(url("triage-decide", draft, worst), {"decision": "hide"})

    client.post(url("triage-redraft", draft))

    assert worst.check_id not in draft.actions.values_list("check_id", flat=True)
    assert draft.verdict != Summary.objects.get().verdict


def test_looking_changes_nothing(client, ada, draft, entry):
    client.force_login(ada)
    client.get(url("summary", draft))
    before = list(SummaryEntry.objects.values()), list(Summary.objects.values()), Event.objects.count()

    for name in ("summary", "triage-add", "summary-preview", "summary-document", "summary-freeze", "summary-state"):
        client.get(url(name, draft))
    for name in ("triage-row", "triage-reword", "triage-false"):
        client.get(url(name, draft, entry))
        client.get(url(name, draft, entry), headers=HTMX)

    assert (list(SummaryEntry.objects.values()), list(Summary.objects.values()), Event.objects.count()) == before


@pytest.mark.parametrize("name", [name for name in POSTS if name != "triage-false"])
def test_nothing_of_a_summary_that_is_being_frozen_changes(client, ada, draft, entry, name):
    there = url(name, draft, entry if name in OF_AN_ENTRY else None)
    Summary.objects.filter(pk=draft.pk).update(status=Summary.Status.FREEZING)
    before = list(SummaryEntry.objects.values()), list(Summary.objects.values())
    client.force_login(ada)

    answers = [client.post(there, POSTS[name]), client.post(there, POSTS[name], headers=HTMX)]

    assert {answer.status_code for answer in answers} <= {302, 409, 422}
    assert (list(SummaryEntry.objects.values()), list(Summary.objects.values())) == before
