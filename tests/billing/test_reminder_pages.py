"""Pages of late money: who sees what, what is done there, what a refused form keeps."""

import datetime as dt

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.ladder import LADDER
from billing.models import Dispute, InvoiceSettings, Promise, ReminderPolicy, ReminderStep
from billing.services import disputes, issuing, promises, reminders
from billing.today import money_today
from core.models import Membership
from outreach import dates
from tests.billing_factories import deposit_of, make_signed
from tests.dunning_factories import climb, make_owed, pay
from tests.factories import make_client
from tests.scope_factories import make_engagement, make_member, usd


@pytest.fixture
def late(ada, ben):
    return make_owed(ben, ada, due=-7)


def at(name, *args):
    return reverse(f"billing:{name}", args=[getattr(arg, "public_id", arg) for arg in args])


def text(answer):
    return answer.content.decode()


def in_days(days):
    return (dates.today() + dt.timedelta(days=days)).isoformat()


def test_reminders_are_staffs(client, late, ada, ben, cleo):
    step = climb(late)
    dispute = disputes.open_dispute(invoice=late, reason="Ten hours.", actor=ben)
    pages = [at("reminders"), at("reminder", step), at("reminder-policy"), at("dispute-resolve", dispute)]
    for person, status in ((ada, 200), (ben, 404), (cleo, 404)):
        client.force_login(person)
        assert [client.get(page).status_code for page in pages] == [status] * 4
    for name in ("send", "drop", "called"):
        client.force_login(ben)
        assert client.post(at(f"reminder-{name}", step)).status_code == 404


def test_an_empty_board_says_what_will_stand_there(client, ada):
    client.force_login(ada)
    assert "Nobody is late" in text(client.get(at("reminders")))


def test_one_click_sends_one_drops_one_sends_all(client, late, ada, ben):
    others = [make_owed(ben, ada, due=-1, engagement=late.engagement) for _ in range(3)]
    first = climb(late)
    client.force_login(ada)
    page = text(client.get(at("reminders")))
    assert "Send all 4" in page
    assert "7 days late" in page

    assert client.post(at("reminder-send", first), follow=True).redirect_chain[-1][0] == at("reminders")
    fragment = client.post(at("reminder-drop", others[0].reminders.last()), headers={"HX-Request": "true"})
    assert "<html" not in text(fragment)
    assert 'id="board"' in text(fragment)
    client.post(at("reminders-send-all"))

    assert sorted(ReminderStep.objects.exclude(status="superseded").values_list("status", flat=True)) == [
        "dropped",
        "sent",
        "sent",
        "sent",
    ]
    assert client.post(at("reminder-drop", first)).status_code == 409


def test_what_is_paused_is_not_offered_to_be_sent_and_says_why(client, late, ada, ben):
    step = climb(late)
    promises.promise_payment(invoice=late, pays_on=dates.today(), note="", actor=ben)
    client.force_login(ada)
    page = text(client.get(at("reminders")))
    assert at("reminder-send", step) not in page
    assert "A payment is promised." in page
    refused = client.post(at("reminder-send", step))
    assert refused.status_code == 409
    assert "Until then nothing is sent" in text(refused)
    refused = client.post(at("reminders-send-all"))
    assert refused.status_code == 409
    assert late.reference in text(refused)


def test_words_are_edited_and_what_was_typed_stays(client, late, ada):
    step = climb(late)
    client.force_login(ada)
    page = text(client.get(at("reminder", step)))
    assert "$3,000.00" in page
    refused = client.post(at("reminder", step), {"subject": "", "body": "{{7*7}} stays"})
    assert refused.status_code == 422
    assert "{{7*7}} stays" in text(refused)
    client.post(at("reminder", step), {"subject": "Please", "body": "{{7*7}} <script>"})
    page = text(client.get(at("reminder", step)))
    assert "{{7*7}} &lt;script&gt;" in page
    pay(late, ada, usd(1000))
    refused = client.post(at("reminder-send", step))
    assert refused.status_code == 409
    assert "$2,000.00" in text(refused)
    reminders.drop_step(step=step, actor=ada)
    refused = client.post(at("reminder", step), {"subject": "Too late", "body": "Words"})
    assert refused.status_code == 409


def test_a_call_keeps_what_was_said(client, late, ada):
    step = climb(late)
    client.force_login(ada)
    assert "Calls to make" in text(client.get(at("reminders")))
    client.post(at("reminder-called", step), {"note": "They pay on Friday."})
    assert "Calls to make" not in text(client.get(at("reminders")))
    assert "They pay on Friday." in text(client.get(at("reminder", step)))
    assert "They pay on Friday." in text(client.get(at("invoice", late)))
    assert client.post(at("reminder-called", step), {"note": "Again."}).status_code == 409


def test_a_client_names_a_day_on_the_invoice(client, late, ada, ben, cleo, django_capture_on_commit_callbacks):
    payer = make_member(late.organisation, "payer", Membership.Role.PAYER)
    reader = make_member(late.organisation, "reader", Membership.Role.READER)
    url = at("promise-new", late)
    for person in (cleo, reader):
        client.force_login(person)
        assert client.get(url).status_code == client.post(url, {"pays_on": in_days(2)}).status_code == 404
    client.force_login(payer)
    assert url in text(client.get(at("invoice", late)))
    for wrong, status in (("", 422), ("soon", 422), (in_days(31), 409), (in_days(-1), 409)):
        refused = client.post(url, {"pays_on": wrong, "note": "After the board meets"})
        assert refused.status_code == status
        assert "After the board meets" in text(refused)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {"pays_on": in_days(5), "note": "By wire"})

    assert (Promise.objects.get().made_by, mail.outbox[0].to) == (payer, [ada.email])
    page = text(client.get(at("invoice", late)))
    assert "By wire" in page
    assert url not in page  # one stands
    assert client.post(url, {"pays_on": in_days(6)}).status_code == 409
    client.force_login(ada)
    assert "By wire" in text(client.get(at("reminders")))


def test_a_client_says_what_is_wrong_and_reads_how_it_was_settled(client, late, ada, ben, cleo):
    url = at("dispute-new", late)
    client.force_login(cleo)
    assert client.get(url).status_code == 404
    client.force_login(ben)
    assert client.post(url, {"reason": ""}).status_code == 422
    client.post(url, {"reason": "Ten hours, not <b>twelve</b>."})
    page = text(client.get(at("invoice", late)))
    assert "Ten hours, not &lt;b&gt;twelve&lt;/b&gt;." in page
    assert client.post(url, {"reason": "Nine."}).status_code == 409
    dispute = Dispute.objects.get()
    client.force_login(ada)
    assert "Ten hours" in text(client.get(at("reminders")))
    assert client.post(at("dispute-resolve", dispute), {"how": ""}).status_code == 422
    client.post(at("dispute-resolve", dispute), {"how": "You are right."})
    assert client.post(at("dispute-resolve", dispute), {"how": "No."}).status_code == 409
    client.force_login(ben)
    assert "You are right." in text(client.get(at("invoice", late)))


def test_staff_write_down_what_they_were_told(client, late, ada):
    client.force_login(ada)
    assert "They named a day" in text(client.get(at("invoice", late)))
    client.post(at("promise-new", late), {"pays_on": in_days(90)})
    client.post(at("dispute-new", late), {"reason": "On the telephone: too much."})
    assert (Promise.objects.get().is_clients, Dispute.objects.get().is_clients) == (False, False)
    page = text(client.get(at("invoice", late)))
    assert "A dispute is open." in page


def test_a_client_sees_nothing_of_the_ladder(client, late, ada, ben):
    climb(late)
    client.force_login(ben)
    page = text(client.get(at("invoice", late)))
    for words in ("Firm", "Reminders", "call is to be made", "Waiting"):
        assert words not in page
    paid = pay(late, ada)
    assert paid
    page = text(client.get(at("invoice", late)))
    assert "Paying later" not in page


def test_the_policy_is_saved_whole_or_not_at_all(client, ada):
    client.force_login(ada)
    url = at("reminder-policy")
    form = {"goes": "on"}
    for rung in LADDER:
        values = {"is_enabled": "on", "days": abs(rung.days), "subject": rung.subject, "body": rung.body}
        form |= {f"{rung.key}-{name}": str(value) for name, value in values.items()}
    assert "Due in 3 days: invoice INV-2026-0007" in text(client.get(url))
    for wrong, told in (
        ({"firm-body": "Pay $amount {{7*7}}"}, "$amount stands for nothing"),
        ({"firm-days": "1"}, "Each step comes after"),
        ({"friendly-days": "0"}, "greater than or equal to 1"),
        ({"friendly-days": "99999999999999999999"}, "less than or equal to 365"),
        ({"courtesy-subject": " "}, "required"),
    ):
        refused = client.post(url, form | wrong)
        assert refused.status_code == 422
        assert told in text(refused)
        assert next(iter(wrong.values())).strip() in text(refused)
        assert not ReminderPolicy.objects.exists()
    answer = client.post(url, form | {"friendly-days": "5", "courtesy-is_enabled": ""}, follow=True)
    assert answer.redirect_chain
    assert InvoiceSettings.get().reminders_go_by_themselves
    assert ReminderPolicy.objects.get(key="friendly").days == 5
    assert not ReminderPolicy.objects.get(key="courtesy").is_enabled


def test_the_preview_keeps_nothing_and_compiles_nothing(client, ada):
    client.force_login(ada)
    form = {"firm-is_enabled": "on", "firm-days": "9", "firm-subject": "{{7*7}} $days", "firm-body": "$balance <b>"}
    for headers in ({}, {"HX-Request": "true"}):
        page = text(client.post(at("reminder-preview"), form, headers=headers))
        assert "{{7*7}} 9 days" in page
        assert "&lt;b&gt;" in page
    assert not ReminderPolicy.objects.exists()


def test_today_counts_what_is_late(ada, ben):
    assert money_today(ada) is None
    late = make_owed(ben, ada, due=-7)
    climb(late)
    disputed = make_owed(ben, ada, due=-1, engagement=late.engagement)
    disputes.open_dispute(invoice=disputed, reason="No.", actor=ben)
    with CaptureQueriesContext(connection) as told:
        money = money_today(ada)
    assert len(told) == 3
    late_ones = money.late
    assert [len(one) for one in (late_ones.drafts, late_ones.calls, late_ones.broken, late_ones.disputes)] == [
        1,
        1,
        0,
        1,
    ]


def test_today_tells_of_every_late_invoice_and_of_deposits_beside_them(ada, ben):
    """However many are late: a deposit's draft, which has no day, does not fall out behind them."""
    engagement = make_signed(ben, ada)
    for _n in range(4):
        climb(make_owed(ben, ada, due=-10, engagement=engagement))
    with CaptureQueriesContext(connection) as told:
        money = money_today(ada)
    assert "LIMIT 200" not in told[0]["sql"]
    assert [one.pk for one in money.deposits] == [deposit_of(engagement).pk]
    assert len(money.late.drafts) == 4


def test_a_dispute_waits_for_an_answer_though_the_money_was_given_up(client, ada, ben, late):
    disputes.open_dispute(invoice=late, reason="Too much.", actor=ben)
    issuing.write_off(invoice=late, reason="Too small.", actor=ada)
    assert money_today(ada).late.disputes == [late.organisation.name]
    client.force_login(ada)
    board = client.get(at("reminders")).context["board"]
    assert [one.reason for one in board.disputes] == ["Too much."]
    assert not board.drafts
    assert not board.calls
    disputes.resolve_dispute(dispute=board.disputes[0], how="Given up.", actor=ada)
    assert money_today(ada) is None


def test_money_on_its_way_is_not_counted_as_late(ada, ben):
    late = make_owed(ben, ada, due=-7)
    climb(late)
    assert money_today(ada).late.drafts
    pay(late, ada, usd("1000.10"), cleared=False)
    assert money_today(ada) is None


def test_a_broken_promise_comes_up_on_today_and_on_the_board(client, ada, ben, settings):
    late = make_owed(ben, ada, due=-7)
    promises.promise_payment(invoice=late, pays_on=dates.today(), note="", actor=ben)
    settings.CLOCK_OFFSET_S = 86_400
    client.force_login(ada)
    assert "Promises not kept" in text(client.get(at("reminders")))
    assert "1 promise was not kept" in text(client.get(reverse("outreach:today")))


def test_the_board_takes_the_same_queries_for_three_as_for_thirty(client, ada, ben):
    engagement = make_engagement(ben, owner=ada)

    def fill(count):
        for n in range(count):
            late = make_owed(ben, ada, due=-7 - n % 2, engagement=engagement)
            if n % 3 == 1:
                disputes.open_dispute(invoice=late, reason="No.", actor=ben)
            if n % 3 == 2:
                promises.promise_payment(invoice=late, pays_on=dates.today(), note="", actor=ada)
        reminders.climb_ladder()

    def queries(url):
        with CaptureQueriesContext(connection) as told:
            assert client.get(url).status_code == 200
        return len(told)

    client.force_login(ada)
    fill(3)
    few = queries(at("reminders"))
    fill(27)
    assert queries(at("reminders")) == few <= 13


def test_a_clients_invoice_stays_within_its_queries(client, late, ben, ada):
    promises.promise_payment(invoice=late, pays_on=dates.today(), note="", actor=ben)
    disputes.open_dispute(invoice=late, reason="No.", actor=ben)
    client.force_login(ben)
    with CaptureQueriesContext(connection) as told:
        client.get(at("invoice", late))
    assert len(told) <= 12


def test_another_clients_words_stay_theirs(client, late, ben):
    other = make_client("dora")
    disputes.open_dispute(invoice=late, reason="Bens own words", actor=ben)
    client.force_login(other)
    assert client.get(at("invoice", late)).status_code == 404
