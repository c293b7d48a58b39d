"""A consultant without a mouse: the deposit asked for, received and taken back, a report told, the final invoice."""

from django.urls import reverse
from playwright.sync_api import expect

from billing.models import Invoice
from billing.services import issuing
from engagements.models import Engagement
from portal.models import ReportRevision
from tests.billing_factories import deposit_of, make_particulars, make_printed, make_signed, make_tax
from tests.browser.keyboard import Keyboard
from tests.factories import make_client, make_consultant, make_practice, organisation_of


def gate_is_open(engagement):
    return Engagement.objects.get(pk=engagement.pk).is_gate_open


def test_a_consultant_needs_no_mouse_for_money_and_reports(
    page, live_server, transactional_db, rung, sign_in, complaints
):
    make_practice(currency="USD")
    ada, ben = make_consultant("ada"), make_client("ben")
    make_printed(ada)
    make_particulars(organisation_of(ben), ada)
    make_tax(ada, is_default=True)
    engagement = make_signed(ben, ada)
    sign_in(ada)
    keys, main = Keyboard(page), page.locator("main")

    def go(name, thing):
        page.goto(live_server.url + reverse(name, args=[thing.public_id]))

    # The deposit is issued, its money recorded, and taken back by the bank with a reason.
    deposit = deposit_of(engagement)
    go("billing:invoice", deposit)
    keys.send(page.get_by_role("button", name="Issue and mail").first)
    issuing.finish_issuing(invoice_id=deposit.pk)
    go("billing:invoice", deposit)
    keys.send(page.get_by_role("button", name="Record it"))
    expect(page.locator("h1")).to_contain_text("Paid")
    assert gate_is_open(engagement)
    keys.press(page.locator("summary", has_text="Reversed").first)
    keys.fill(page.get_by_label("Why").first, "No cover.")
    keys.send(page.get_by_role("button", name="The bank took it back"))
    expect(main).to_contain_text("No cover.")
    assert not gate_is_open(engagement)

    # A report is drafted, looked at and published.
    go("portal:reports", engagement)
    keys.send(page.get_by_role("button", name="Draft it").first)
    keys.press(page.get_by_role("link", name="Preview and publish").first)
    keys.send(page.get_by_role("button", name="Publish").first)
    assert ReportRevision.objects.get().status == "published"

    # The final invoice, less the deposit.
    go("billing:project-money", engagement)
    keys.send(page.locator(".billable", has_text="Final invoice").get_by_role("button"))
    expect(main).to_contain_text("Final invoice")
    assert Invoice.objects.filter(kind="final", status="draft").exists()
    assert complaints == []
