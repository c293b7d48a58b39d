"""Every address that answers a GET is looked at in a browser, or stands here with the reason why not."""

from tests.browser.pages import PAGES
from tests.wall.world import CASES, GET

FILE = "a file to download"
PART = "a part of a page that is looked at with it"
LIBRARY = "a step of signing in: it needs a state that an address alone does not bring"
YET = "a page that nobody looks at yet"
SENT_ON = "sends on to another page"
NOT_LOOKED_AT = {
    "account_change_password": LIBRARY,
    "account_confirm_login_code": LIBRARY,
    "account_inactive": YET,
    "account_logout": YET,
    "account_reauthenticate": LIBRARY,
    "account_reset_password_done": YET,
    "account_reset_password_from_key": LIBRARY,
    "account_reset_password_from_key_done": YET,
    "billing:ageing-csv": FILE,
    "billing:books-invoices": FILE,
    "billing:books-payments": FILE,
    "billing:invoice-draft-pdf": FILE,
    "billing:invoice-pdf": FILE,
    "billing:statement-csv": FILE,
    "billing:statement-pdf": FILE,
    "core:accent": "a stylesheet",
    "core:file": FILE,
    "core:health": "for machines",
    "core:logo": "a picture",
    "core:second-factor": YET,
    "core:settings": SENT_ON,
    "discovery:account-policy": FILE,
    "discovery:read-policy": FILE,
    "discovery:run-download": FILE,
    "discovery:run-progress": PART,
    "discovery:summary-document": FILE,
    "discovery:summary-draft-pdf": FILE,
    "discovery:summary-state": PART,
    "discovery:triage-row": PART,
    "engagements:certificate": FILE,
    "engagements:change-pdf": FILE,
    "engagements:client-pdf": FILE,
    "engagements:deliverable": FILE,
    "engagements:line-edit": YET,
    "engagements:offer-pdf": FILE,
    "engagements:revision-document": "shown inside the preview",
    "engagements:revision-pdf": FILE,
    "engagements:revision-state": PART,
    "mfa_activate_totp": LIBRARY,
    "mfa_add_webauthn": LIBRARY,
    "mfa_authenticate": LIBRARY,
    "mfa_deactivate_totp": LIBRARY,
    "mfa_download_recovery_codes": FILE,
    "mfa_edit_webauthn": LIBRARY,
    "mfa_generate_recovery_codes": LIBRARY,
    "mfa_index": SENT_ON,
    "mfa_list_webauthn": SENT_ON,
    "mfa_login_webauthn": "asked by a script",
    "mfa_reauthenticate": LIBRARY,
    "mfa_reauthenticate_webauthn": LIBRARY,
    "mfa_remove_webauthn": LIBRARY,
    "mfa_view_recovery_codes": LIBRARY,
    "outreach:alike": PART,
    "outreach:contacts-export": FILE,
    "portal:demo-mail": "a page of the demo alone",
    "portal:report-pdf": FILE,
}


def test_every_page_is_looked_at_in_a_browser_or_named_here_with_its_reason():
    answering = {case.route for case in CASES if GET in case.methods.split()}
    looked_at = {page.route for page in PAGES}

    assert answering - looked_at == set(NOT_LOOKED_AT)
