"""From a run to a frozen summary that the client's people read."""

import hashlib

import pytest
from django.urls import reverse

from core.models import StoredFile
from discovery.models import Finding, Run, Summary
from discovery.services import freezing, summaries
from tests.discovery_factories import make_audited_run, make_run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def url(name, thing):
    return reverse(f"discovery:{name}", args=[thing.public_id])


@pytest.fixture
def draft(bens_organisation, ada):
    return summaries.draft_summary(run=make_audited_run(bens_organisation), actor=ada)


@pytest.fixture
def frozen(draft, ada):
    summaries.freeze_summary(summary=draft, actor=ada)
    freezing.finish_freezing(summary_id=draft.pk)
    draft.refresh_from_db()
    assert draft.status == Summary.Status.FROZEN
    return draft


def test_writing_the_summary_begins_one_and_goes_on_with_it(client, ada, bens_organisation):
    run = make_audited_run(bens_organisation)
    client.force_login(ada)

    first, second = (client.post(url("summary-begin", run)) for _ in range(2))

    assert first.url == second.url == url("summary", Summary.objects.get())


@pytest.mark.parametrize("status", [Run.Status.RUNNING, Run.Status.FAILED])
def test_a_run_without_results_gives_no_summary_and_says_why(client, ada, bens_organisation, status):
    run = make_run(bens_organisation, status=status)
    client.force_login(ada)

    answer = client.post(url("summary-begin", run), follow=True)

    assert "no results" in answer.content.decode()
    assert not Summary.objects.exists()


def test_only_staff_begin_preview_and_freeze(client, ben, cleo, draft):
    asks = [
        lambda: client.post(url("summary-begin", draft.run)),
        lambda: client.get(url("summary-preview", draft)),
        lambda: client.get(url("summary-freeze", draft)),
        lambda: client.post(url("summary-freeze", draft)),
        lambda: client.get(url("summary-state", draft)),
        lambda: client.get(url("summary-draft-pdf", draft)),
    ]
    assert {ask().status_code for ask in asks} == {302}
    for person in (ben, cleo):
        client.force_login(person)
        assert {ask().status_code for ask in asks} == {404}
    draft.refresh_from_db()
    assert draft.status == Summary.Status.DRAFT


def test_the_preview_is_a_frame_that_runs_nothing(client, ada, draft):
    client.force_login(ada)

    page = client.get(url("summary-preview", draft)).content.decode()
    framed = client.get(url("summary-document", draft))

    assert f'src="{url("summary-document", draft)}" sandbox="allow-same-origin"' in page
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert draft.verdict in framed.content.decode()


def test_a_draft_as_pdf_is_shown_not_stored(client, ada, draft):
    client.force_login(ada)

    answer = client.get(url("summary-draft-pdf", draft))

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert not StoredFile.objects.exists()


def test_freezing_asks_once_and_names_what_will_happen(client, ada, draft):
    summaries.change_entry(entry=draft.entries.get(check_id="resource_untagged"), decision="hide", actor=ada)
    client.force_login(ada)

    page = client.get(url("summary-freeze", draft)).content.decode()

    assert "2 entries stay in the document." in page
    assert "8 findings become visible" in page


def test_freezing_is_waited_for_and_then_shown(client, ada, draft):
    client.force_login(ada)

    assert client.post(url("summary-freeze", draft)).url == url("summary", draft)
    waiting = client.get(url("summary", draft)).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    assert client.get(url("summary-state", draft), headers=HTMX).status_code == 204

    freezing.finish_freezing(summary_id=draft.pk)
    assert client.get(url("summary-state", draft), headers=HTMX)["HX-Refresh"] == "true"
    shown = client.get(url("summary", draft)).content.decode()
    draft.refresh_from_db()
    assert draft.pdf.sha256 in shown
    assert 'name="decision"' not in shown


def test_a_second_click_on_freeze_changes_nothing(client, ada, draft):
    client.force_login(ada)
    client.post(url("summary-freeze", draft))

    answer = client.post(url("summary-freeze", draft))

    assert answer.url == url("summary", draft)
    assert Summary.objects.get().status == Summary.Status.FREEZING


def test_what_could_not_be_frozen_is_a_draft_again_with_the_reason(client, ada, draft):
    Summary.objects.filter(pk=draft.pk).update(failure="The document is longer than 150 pages.")
    client.force_login(ada)

    assert "longer than 150 pages" in client.get(url("summary", draft)).content.decode()


def test_the_clients_people_read_and_download_what_is_frozen_and_nobody_elses(client, ben, cleo, frozen):
    there = [url("summary", frozen), url("summary-document", frozen), reverse("core:file", args=[frozen.pdf.public_id])]
    assert {client.get(one).status_code for one in there} == {302}

    client.force_login(cleo)
    assert {client.get(one).status_code for one in there} == {404}

    client.force_login(ben)
    assert {client.get(one).status_code for one in there} == {200}
    downloaded = b"".join(client.get(there[2]).streaming_content)
    assert hashlib.sha256(downloaded).hexdigest() == frozen.pdf.sha256
    assert there[2] in client.get(there[0]).content.decode()


def test_a_frozen_page_links_the_client_to_nothing_that_is_staffs(client, ben, frozen):
    client.force_login(ben)

    page = client.get(url("summary", frozen)).content.decode()

    assert url("run", frozen.run) not in page
    assert url("summary-preview", frozen) not in page


def test_a_frozen_summary_says_for_ever_what_it_said(client, ada, frozen):
    before = summaries.draft_html(frozen)
    Finding.objects.update(status=Finding.Status.FALSE_POSITIVE, ruling_reason="All wrong")
    client.force_login(ada)

    assert client.get(url("summary-document", frozen)).content.decode() == before
    assert client.get(url("summary-draft-pdf", frozen)).url == reverse("core:file", args=[frozen.pdf.public_id])


def test_a_frozen_page_takes_few_queries(client, ben, frozen, django_assert_max_num_queries):
    client.force_login(ben)
    with django_assert_max_num_queries(12):
        client.get(url("summary", frozen))
    with django_assert_max_num_queries(12):
        client.get(url("summary-document", frozen))
