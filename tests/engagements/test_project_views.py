"""Pages of a running engagement: who sees what, what is done there, and what is refused."""

import datetime as dt

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import Membership, StoredFile, User
from engagements.models import Acceptance, ChangeSet, Decision, Deliverable, Engagement, ScopeItem, SwapWish, WorkLog
from engagements.services import changes, decisions, items, work
from engagements.services.work import read_entry
from outreach import dates
from tests.scope_factories import make_engagement, make_member, make_order, make_revision, make_sent, make_trade
from tests.scope_factories import work as new_work


@pytest.fixture
def one(ada, ben):
    return make_engagement(ben, owner=ada)


def at(name, thing, *more):
    return reverse(f"engagements:{name}", args=[thing.public_id, *more])


def organisation_owner(engagement):
    return User.objects.get(memberships__organisation=engagement.organisation, memberships__role="owner")


def remember_stored_names(monkeypatch):
    """Of every file that is stored from now on, the name in the storage."""
    names, store = [], StoredFile.store

    def remember(**given):
        kept = store(**given)
        names.append(kept.file.name)
        return kept

    monkeypatch.setattr(StoredFile, "store", remember)
    return names


def text(answer):
    return answer.content.decode()


def test_staff_and_client_look_at_the_same_engagement_on_pages_of_their_own(client, one, ada, ben, cleo):
    url = at("engagement", one)
    for person, status, words in ((ada, 200, "Log work"), (ben, 200, "Waits for you"), (cleo, 404, "")):
        client.force_login(person)
        answer = client.get(url)
        assert answer.status_code == status
        assert words in text(answer)


@pytest.mark.parametrize(
    ("visibility", "status", "named"),
    [("full", 200, True), ("read_only", 200, True), ("overview", 200, False), ("hidden", 404, False)],
)
def test_what_a_client_sees_of_a_project(client, one, ada, ben, visibility, status, named):
    client.force_login(ada)
    client.post(at("visibility", one), {"visibility": visibility})
    client.force_login(ben)
    answer = client.get(at("engagement", one))

    assert answer.status_code == status
    assert ("Item 3" in text(answer)) == named
    assert client.post(at("visibility", one), {"visibility": "full"}).status_code == 404


def test_an_unknown_visibility_is_no_page(client, one, ada):
    client.force_login(ada)
    assert client.post(at("visibility", one), {"visibility": "everything"}).status_code == 404


def test_the_gate_is_opened_with_a_reason(client, ada, ben):
    waiting = make_engagement(ben, owner=ada, cleared=False)
    client.force_login(ada)
    assert "Work waits for the deposit" in text(client.get(at("engagement", waiting)))
    refused = client.post(at("gate", waiting), {"reason": "", "how": "override"})
    assert (refused.status_code, "Say why" in text(refused)) == (409, True)

    client.post(at("gate", waiting), {"reason": "They pay on Friday.", "how": "override"})

    assert "They pay on Friday." in text(client.get(at("engagement", waiting)))
    waiting.refresh_from_db()
    assert waiting.status == Engagement.Status.ACTIVE


def test_a_card_moves_on_the_board_with_and_without_htmx(client, one, ada, ben):
    item = one.items.first()
    client.force_login(ben)
    assert client.post(at("item-move", item), {"to": "in_progress"}).status_code == 404
    client.force_login(ada)

    part = client.post(at("item-move", item), {"to": "in_progress", "back": "board"}, HTTP_HX_REQUEST="true")
    assert "<html" not in text(part)
    assert client.post(at("item-move", item), {"to": "planned", "back": "board"}).url == at("project-board", one)
    asks = client.post(at("item-move", item), {"to": "delivered", "back": "board"}, HTTP_HX_REQUEST="true")
    assert asks["HX-Redirect"] == at("hand-over", item)
    refused = client.post(at("item-move", item), {"to": "accepted", "back": "board"})
    assert (refused.status_code, "The client accepts" in text(refused)) == (409, True)


def test_a_file_is_handed_over_accepted_and_fetched(client, one, ada, ben, cleo):
    item = one.items.first()
    client.force_login(ada)
    empty = client.post(at("hand-over", item), {"title": "Runbook"})
    assert (empty.status_code, "something the client can look at" in text(empty)) == (409, True)
    program = SimpleUploadedFile("run.exe", b"MZ\x00\x00", content_type="application/pdf")
    assert client.post(at("hand-over", item), {"title": "x", "file": program}).status_code == 422
    paper = SimpleUploadedFile("runbook.txt", b"Restore, then breathe.")
    client.post(at("hand-over", item), {"title": "Runbook", "file": paper})

    client.force_login(ben)
    page = text(client.get(at("engagement", one)))
    assert "runbook.txt" in page
    url = at("deliverable", Deliverable.objects.get())
    assert b"".join(client.get(url).streaming_content) == b"Restore, then breathe."
    client.post(at("item-accept", item))
    item.refresh_from_db()
    assert item.status == ScopeItem.Status.ACCEPTED
    client.force_login(cleo)
    assert client.get(url).status_code == 404
    assert client.post(at("item-accept", item)).status_code == 404


def test_a_refused_hand_over_keeps_no_file(client, one, ada, monkeypatch):
    item = one.items.first()
    items.hand_over(item=item, handover=items.Handover(title="x", note="y"), actor=ada)
    items.accept_item(item=item, actor=organisation_owner(one))
    names = remember_stored_names(monkeypatch)
    client.force_login(ada)

    late = client.post(at("hand-over", item), {"title": "x", "file": SimpleUploadedFile("late.txt", b"Late.")})

    assert (late.status_code, StoredFile.objects.filter(name="late.txt").exists()) == (409, False)
    assert [default_storage.exists(name) for name in names] == [False]


def test_a_refused_offline_acceptance_keeps_no_file(client, ada, ben, monkeypatch):
    sent = make_sent(make_revision(ben, owner=ada))
    names = remember_stored_names(monkeypatch)
    client.force_login(ada)
    url = at("offline", sent)
    typed = {"name": "Ben", "how": "On paper", "on": (dates.today() + dt.timedelta(days=1)).isoformat()}

    program = client.post(url, {**typed, "file": SimpleUploadedFile("run.exe", b"MZ\x00\x00")})
    early = client.post(url, {**typed, "file": SimpleUploadedFile("paper.txt", b"Agreed.")})

    assert (program.status_code, early.status_code) == (422, 422)
    assert "This kind of file is not taken" in text(program)
    assert not StoredFile.objects.filter(name="paper.txt").exists()
    assert [default_storage.exists(name) for name in names] == [False]
    client.post(url, {**typed, "on": dates.today().isoformat(), "file": SimpleUploadedFile("paper.txt", b"Agreed.")})
    assert Acceptance.objects.get().offline_file.file.read() == b"Agreed."


def test_a_delivery_is_sent_back_with_a_reason(client, one, ada, ben):
    item = one.items.first()
    items.hand_over(item=item, handover=items.Handover(title="x", note="y"), actor=ada)
    client.force_login(make_member(one.organisation, "rick"))
    assert client.post(at("item-send-back", item), {"reason": "No."}).status_code == 403
    client.force_login(ben)
    assert client.post(at("item-send-back", item), {"reason": " "}).status_code == 409
    client.post(at("item-send-back", item), {"reason": "The alarm is silent."})

    assert "Sent back: The alarm is silent." in text(client.get(at("engagement", one)))


def rows(*works):
    """What the form sends for the works that come in."""
    return {f"in-{n}-{name}": value for n, one in enumerate(works) for name, value in one.items()}


def test_a_trade_is_drafted_made_level_offered_and_approved(client, one, ada, ben):
    item = one.items.all()[1]
    client.force_login(ada)
    url = at("change-new", one, "trade")
    filled = {"title": "Swap", "out": item.public_id} | rows(
        {"title": "Logs", "value": "2,500.00", "likely_hours": "9"}
    )
    live = client.post(at("balance", one), filled, HTTP_HX_REQUEST="true")
    assert "$500.00" in text(live)
    assert not ChangeSet.objects.exclude(kind="baseline").exists()
    client.post(url, filled)
    draft = ChangeSet.objects.get(kind="horse_trade")
    assert "Make it a change order" in text(client.get(at("change", draft)))
    refused = client.post(at("change-offer", draft))
    assert (refused.status_code, "off level" in text(refused)) == (409, True)
    assert "Logs" in text(client.get(at("change-edit", draft)))
    client.post(at("change-edit", draft), filled | rows({"title": "Logs", "value": "3000"}))
    client.force_login(ben)
    assert client.get(at("change", draft)).status_code == 404  # a draft is nobody's yet
    client.force_login(ada)
    client.post(at("change-offer", draft))
    draft.refresh_from_db()

    client.force_login(ben)
    stale = client.post(at("change-approve", draft), {"seen": "x"})
    assert (stale.status_code, "newer version" in text(stale)) == (409, True)
    client.post(at("change-approve", draft), {"seen": draft.snapshot_sha256})
    draft.refresh_from_db()
    assert draft.status == ChangeSet.Status.APPROVED
    assert client.get(at("change-pdf", draft))["Content-Type"] == "application/pdf"


@pytest.mark.parametrize("value", ["1e9", "NaN", "-5", "1.234,56", "1000000000000", "3.333"])
def test_bad_amounts_are_refused_at_the_field(client, one, ada, value):
    client.force_login(ada)
    answer = client.post(at("change-new", one, "order"), {"title": "x"} | rows({"title": "Logs", "value": value}))

    assert answer.status_code == 422
    assert not ChangeSet.objects.exclude(kind="baseline").exists()


def test_an_order_is_signed_by_name_and_box(client, one, ada, ben):
    order = make_order(one, actor=ada, incoming=[new_work("A", 100)])
    client.force_login(ben)
    form = {"seen": order.snapshot_sha256, "name": "Ben Client"}
    assert client.post(at("change-approve", order), form).status_code == 409
    client.post(at("change-approve", order), form | {"consent": "on"})

    order.refresh_from_db()
    assert order.signature["name"] == "Ben Client"
    assert order.signature["email"] == ben.email


def test_a_payer_reads_an_offer_and_a_reader_does_not(client, one, ada):
    trade = make_trade(one, actor=ada, out=[one.items.first()], incoming=[new_work("A", 4000)])
    client.force_login(make_member(one.organisation, "pam", Membership.Role.PAYER))
    assert client.get(at("change", trade)).status_code == 200
    assert client.post(at("change-approve", trade), {"seen": trade.snapshot_sha256}).status_code == 403
    client.force_login(make_member(one.organisation, "rick"))
    assert client.get(at("change", trade)).status_code == 404


def test_a_wish_becomes_a_draft_or_gets_an_answer(client, one, ada, ben):
    client.force_login(ben)
    assert client.post(at("wish", one), {"body": ""}).status_code == 409
    for body in ("Rather a <b>film</b>", "Rather two"):
        client.post(at("wish", one), {"body": body})
    first, second = SwapWish.objects.order_by("id")
    client.force_login(ada)
    assert "Rather a &lt;b&gt;film&lt;/b&gt;" in text(client.get(at("engagement", one)))
    url = at("change-new", one, "trade") + f"?wish={first.public_id}"
    client.post(url, {"title": "A film", "out": one.items.first().public_id} | rows({"title": "Film", "value": "4000"}))
    client.post(at("wish-refuse", second), {"refusal": "One is enough."})

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.change_set.title == "A film"
    assert second.refusal == "One is enough."


def test_a_decision_is_wanted_and_made(client, one, ada, ben):
    client.force_login(ada)
    wanted = {"question": "Which region?", "wanted_by": dates.today().isoformat(), "is_clients": "on"}
    assert client.post(at("decision-new", one), wanted | {"wanted_by": "soon"}).status_code == 422
    client.post(at("decision-new", one), wanted)
    decision = Decision.objects.get()
    client.force_login(ben)
    assert client.post(at("decide", decision), {"answer": ""}).status_code == 409
    client.post(at("decide", decision), {"answer": "Ireland."})
    again = client.post(at("decide", decision), {"answer": "Oregon."})

    assert (again.status_code, "decided already: Ireland." in text(again)) == (409, True)


def test_what_is_ours_to_decide_is_no_page_of_the_clients(client, one, ada, ben):
    ours = decisions.ask_for_decision(
        engagement=one, question="Which tool?", wanted_by=dates.today(), waiting_costs="", is_clients=False, actor=ada
    )
    client.force_login(ben)
    assert client.post(at("decide", ours), {"answer": "x"}).status_code == 404
    assert "Which tool?" not in text(client.get(at("engagement", one)))


def test_work_is_logged_in_a_line_and_by_timer(client, one, ada, ben, settings):
    client.force_login(ada)
    url, today = at("work", one), dates.today()
    item = one.items.first()
    client.post(url, {"what": "1:30 wrote the module", "on": today.isoformat(), "item": item.public_id})
    entry = WorkLog.objects.get()
    assert (entry.minutes, entry.note, entry.item) == (90, "wrote the module", item)
    for wrong in ({"what": "the module"}, {"what": "23:00 more"}, {"what": "0m x"}):
        assert client.post(url, {"on": today.isoformat(), **wrong}).status_code == 409
    later = (today + dt.timedelta(days=1)).isoformat()
    assert client.post(url, {"what": "1:00 x", "on": later}).status_code == 409

    client.post(at("timer", one), {"act": "start"})
    settings.CLOCK_OFFSET_S = 45 * 60
    assert "Running since" in text(client.get(url))
    client.post(at("timer", one), {"act": "stop", "note": "looked around"})
    assert WorkLog.objects.get(note="looked around").minutes == 45
    client.post(at("work-remove", entry))
    assert not WorkLog.objects.filter(pk=entry.pk).exists()
    client.force_login(ben)
    assert client.get(url).status_code == 404


def test_a_timer_fills_a_day_and_no_more(client, one, ada, settings):
    client.force_login(ada)
    work.log_work(engagement=one, minutes=23 * 60, on=dates.today(), note="much", item=None, actor=ada)
    timer = work.start_timer(engagement=one, item=None, note="", actor=ada)
    settings.CLOCK_OFFSET_S = 3 * 60 * 60
    client.post(at("timer", one), {"act": "stop"})
    timer.refresh_from_db()
    assert timer.minutes == 60

    WorkLog.objects.filter(pk=timer.pk).update(minutes=60, on=dates.today())
    WorkLog.objects.filter(note="much").update(on=dates.today())
    work.start_timer(engagement=one, item=None, note="", actor=ada)
    for act in ("stop", "start"):
        full = client.post(at("timer", one), {"act": act, "note": "one more thing"})
        assert (full.status_code, "24.02 hours" in text(full), "one more thing" in text(full)) == (409, True, True)
    assert work.running_timer(ada)


@pytest.mark.parametrize(
    ("line", "minutes", "words"),
    [
        ("1:30 wrote it", 90, "wrote it"),
        ("1.5h wrote it", 90, "wrote it"),
        ("1,5 h", 90, ""),
        ("90m", 90, ""),
        ("2 meeting", 120, "meeting"),
    ],
)
def test_a_line_begins_with_its_time(line, minutes, words):
    assert read_entry(line) == (minutes, words)


def test_time_before_the_deposit_is_taken_and_marked(ada, ben):
    waiting = make_engagement(ben, owner=ada, cleared=False)

    log = work.log_work(engagement=waiting, minutes=5, on=dates.today(), note="", item=None, actor=ada)

    assert log.is_before_deposit


def test_it_is_paused_resumed_closed_and_looked_back_on(client, one, ada, ben):
    client.force_login(ada)
    assert client.post(at("pause", one), {"why": "client", "reason": ""}).status_code == 422
    client.post(at("pause", one), {"why": "client", "reason": "Audit week."})
    assert "Audit week." in text(client.get(at("engagement", one)))
    client.post(at("resume", one))
    refused = client.post(at("closing", one))
    assert (refused.status_code, "not accepted yet" in text(refused)) == (409, True)
    for item in one.items.all():
        items.hand_over(item=item, handover=items.Handover(title="x", note="y"), actor=ada)
        items.accept_item(item=item, actor=ben)
    client.post(at("closing", one))
    client.post(at("close", one), {"lessons": "Ask **first**."})

    page = text(client.get(at("engagement", one)))
    assert "Thought likely" in page
    assert "<strong>first</strong>" in page


def grow(one, ada, count):
    for number in range(count):
        make_order(one, actor=ada, incoming=[new_work(f"New {number}", 10)])
        decisions.ask_for_decision(
            engagement=one, question=f"Q{number}", wanted_by=dates.today(), waiting_costs="", is_clients=True, actor=ada
        )
        work.log_work(engagement=one, minutes=5, on=dates.today(), note="x", item=one.items.first(), actor=ada)


@pytest.mark.parametrize("page", ["engagement", "project-board", "ledger", "work"])
def test_pages_ask_the_same_for_three_as_for_thirty(client, one, ada, ben, page):
    counts = []
    for count in (3, 27):
        grow(one, ada, count)
        for change_set in ChangeSet.objects.filter(status="offered"):
            changes.approve_change(
                change_set=change_set,
                seen_sha256=change_set.snapshot_sha256,
                signature=changes.ChangeSignature("Ben", ben.email, "I agree."),
                actor=ben,
            )
        client.force_login(ada)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(at(page, one)).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[1] <= 12


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_asks_the_same_for_three_as_for_thirty(client, ada, ben, count, django_assert_max_num_queries):
    for _number in range(count):
        make_engagement(ben, owner=ada, cleared=False)
    client.force_login(ada)
    with django_assert_max_num_queries(12):
        assert client.get(reverse("engagements:engagements")).status_code == 200
