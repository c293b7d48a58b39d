"""Pages of progress reports: who sees what, what is done there, and what is refused."""

import pytest
from django.urls import reverse

from tests.browser.promised import Promised
from tests.report_factories import make_draft_report


@pytest.fixture
def one(ada, ben):
    return Promised(ada, ben).active


def at(name, thing, *more):
    return reverse(f"portal:{name}", args=[thing.public_id, *more])


def text(answer):
    return answer.content.decode()


def test_smoke(client, one, ada, ben, cleo):
    client.force_login(ada)
    assert client.get(at("reports", one)).status_code == 200
    draft = make_draft_report(one, actor=ada)
    page = client.get(at("report-draft", draft))
    assert page.status_code == 200
    assert client.get(at("report-preview", draft)).status_code == 200
    done = client.post(at("report-publish", draft))
    assert done.status_code == 302
    assert client.get(at("report", draft)).status_code == 200
    client.force_login(ben)
    assert client.get(at("report", draft)).status_code == 200
    assert client.get(at("reports", one)).status_code == 200
    assert "Nothing was done" not in text(client.get("/"))
