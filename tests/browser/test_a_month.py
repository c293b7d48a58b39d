"""A month of a project in two browsers, the consultant's and the client's: the deposit and its gate, the report read on
a phone, a trade, a delivery, the final invoice, and a colleague who sees no money."""

import re

from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from billing.models import Invoice
from billing.services import issuing
from core.models import Membership
from engagements.models import Engagement
from engagements.services import items
from portal.models import ReadReceipt, ReportRevision
from tests.billing_factories import deposit_of, make_particulars, make_printed, make_signed, make_tax
from tests.factories import make_client, make_consultant, make_practice, organisation_of
from tests.report_factories import make_compared_run, make_told_finding
from tests.scope_factories import make_trade, work

PHONE = {"width": 390, "height": 844}


class Person:
    """Someone before a browser of their own."""

    def __init__(self, new_context, live_server, user, **options):
        self.context = new_context(**options)
        self.context.set_default_timeout(10_000)
        self.page, self.url = self.context.new_page(), live_server.url
        session = Client()
        session.force_login(user)
        cookie = {"name": "sessionid", "value": session.cookies["sessionid"].value, "url": self.url}
        self.context.add_cookies([cookie])

    def go(self, name, *args):
        return self.page.goto(self.url + reverse(name, args=args))

    def press(self, name):
        """What comes after sees what the server made of it."""
        self.click(self.page.get_by_role("button", name=name).first)

    def click(self, button):
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            button.click()

    def expect_text(self, words):
        expect(self.page.locator("main")).to_contain_text(words)


def issue(invoice):
    """What the worker does when the page has asked for it."""
    issuing.finish_issuing(invoice_id=invoice.pk)
    invoice.refresh_from_db()


def gate_is_open(engagement):
    return Engagement.objects.get(pk=engagement.pk).is_gate_open


def test_a_month(new_context, live_server, transactional_db, rung):
    make_practice(currency="USD")
    ada, ben, cleo = make_consultant("ada"), make_client("ben"), make_client("cleo")
    make_printed(ada)
    make_particulars(organisation_of(ben), ada)
    make_tax(ada, is_default=True)
    engagement = make_signed(ben, ada)
    id_ = engagement.public_id
    consultant, client = Person(new_context, live_server, ada), Person(new_context, live_server, ben, viewport=PHONE)

    # The deposit is issued; money on its way leaves the gate closed, cleared money opens it, a reversal closes it.
    deposit = deposit_of(engagement)
    consultant.go("billing:invoice", deposit.public_id)
    consultant.press("Issue and mail")
    issue(deposit)
    client.go("portal:home")
    client.expect_text(deposit.reference)
    client.page.get_by_role("link", name=re.compile(deposit.reference)).click()
    client.expect_text("$3,690.00 to pay by")
    consultant.go("billing:invoice", deposit.public_id)
    consultant.page.get_by_label("It has cleared").uncheck()
    consultant.press("Record it")
    consultant.expect_text("On its way")
    assert not gate_is_open(engagement)
    consultant.press("It cleared")
    consultant.expect_text("Cleared")
    assert gate_is_open(engagement)
    consultant.page.locator("summary", has_text="Reversed").first.click()
    consultant.page.get_by_label("Why").first.fill("No cover.")
    consultant.press("The bank took it back")
    consultant.expect_text("No cover.")
    assert not gate_is_open(engagement)
    consultant.go("engagements:engagement", id_)
    consultant.expect_text("The deposit was taken back")
    consultant.go("billing:invoice", deposit.public_id)
    consultant.press("Record it")
    expect(consultant.page.locator("h1")).to_contain_text("Paid")
    assert gate_is_open(engagement)

    # A report with what the audits saw change, read on a phone; the consultant sees that it was.
    organisation = engagement.organisation
    still, gone = (make_told_finding(organisation, resource_name=name) for name in ("still", "gone"))
    make_compared_run(organisation, saw=[still, gone])
    make_compared_run(organisation, saw=[still], fixed=[gone])
    first, _second, third, _fourth = engagement.items.all()
    items.hand_over(item=first, handover=items.Handover(title="Runbook", note="It ran."), actor=ada)
    consultant.go("portal:reports", id_)
    consultant.press("Draft it")
    consultant.page.get_by_role("link", name=re.compile("Preview and publish")).first.click()
    consultant.press("Publish")
    report = ReportRevision.objects.get()
    assert report.status == "published"
    client.go("portal:home")
    client.page.locator("a.latest-report").click()
    for label, figure in (("Fixed", "1"), ("New", "0"), ("Open", "1"), ("Not compared", "0")):
        label_of_figure = client.page.get_by_text(label, exact=True)
        stat = client.page.locator("section", has=client.page.locator("#report-findings")).locator(".stat")
        expect(stat.filter(has=label_of_figure).locator(".stat__figure")).to_have_text(figure)
    expect(client.page.get_by_text("We see that you have read it.")).to_be_visible()  # its page said so by itself
    assert ReadReceipt.objects.get().user == ben
    consultant.go("portal:report", report.public_id)
    consultant.expect_text("Read by Ben")

    # A level trade is approved and a delivery accepted, each with one click on the phone.
    trade = make_trade(engagement, actor=ada, out=[third], incoming=[work("Rather this", 2000)])
    client.go("portal:home")
    client.page.get_by_role("link", name=re.compile("read and approve")).click()
    client.press("Approve the trade")
    client.expect_text("Approved by Ben")
    client.go("portal:home")
    client.page.get_by_role("link", name=re.compile("look and accept")).click()
    client.click(client.page.locator(f"#item-{first.public_id}").get_by_role("button", name=re.compile("^Accept")))
    expect(client.page.locator(f"#item-{first.public_id}")).to_contain_text("Accepted")
    trade.refresh_from_db()
    first.refresh_from_db()
    assert (trade.status, first.status) == ("approved", "accepted")

    # The final invoice: the whole contract, less the deposit.
    consultant.go("billing:project-money", id_)
    consultant.click(consultant.page.locator(".billable", has_text="Final invoice").get_by_role("button"))
    consultant.press("Issue and mail")
    final = Invoice.objects.get(kind="final")
    issue(final)
    client.go("billing:invoice", final.public_id)
    client.expect_text(f"Less invoice {deposit.reference}")
    client.expect_text("$8,610.00 to pay by")

    # A colleague is let in who reads and sees no money; another client's person sees nothing at all.
    client.go("portal:people", organisation.public_id)
    client.page.get_by_label("Name").fill("Rita Vale")
    client.page.get_by_label("E-mail").fill("rita@client.example")
    client.press("Invite")
    client.expect_text("Rita Vale")
    rita = Membership.objects.get(user__email="rita@client.example").user
    reader = Person(new_context, live_server, rita, viewport=PHONE)
    for name, args in (("portal:home", ()), ("engagements:engagement", (id_,)), ("portal:report", (report.public_id,))):
        assert reader.go(name, *args).status == 200
        expect(reader.page.locator("main")).not_to_contain_text("$")
    other = Person(new_context, live_server, cleo)
    for name, thing in (
        ("engagements:engagement", id_),
        ("portal:report", report.public_id),
        ("billing:invoice", final.public_id),
        ("portal:people", organisation.public_id),
    ):
        assert other.go(name, thing).status == 404
        assert reader.go("billing:invoice", final.public_id).status == 404
