"""Networks in words and on paper: from what a run keeps, on its page and in the summary."""

import pytest
from django.urls import reverse

from discovery import documents, networks
from discovery.models import Run, SummaryEntry
from discovery.services import summaries
from infra_audit.network_map import NO_WAY, UNKNOWN
from infra_audit.ways_in import Door
from tests.discovery_factories import make_run
from tests.summary_factories import make_told_run

NAT = {"id": "nat-1", "name": "main", "zone": "eu-west-1a", "is_regional": False}


def a_subnet(name="public-a", zone="eu-west-1a", **more):
    return {
        "id": name, "name": name, "zone": zone, "cidr": "10.0.0.0/24", "kind": "public", "way_out": "internet",
        "nat": "", "servers": 2, "databases": 0, "balancers": 0, "bastions": [], "connect": "", "open": [], **more,
    }  # fmt: skip


def opened(ports, *, of="server", count=1, web=False, sure=True):
    return {"ports": ports, "of": of, "count": count, "web": web, "sure": sure}


def a_network(name="shop", subnets=None, **more):
    subnets = [a_subnet()] if subnets is None else subnets
    return {
        "id": f"vpc-{name}", "name": name, "account": "123456789012", "region": "eu-west-1", "cidr": "10.0.0.0/16",
        "is_default": False, "zones": sorted({one["zone"] for one in subnets}), "subnets": subnets, "more_subnets": 0,
        "nats": [], "hanging": [], "servers": [], "more_servers": 0, "ways_in": {}, "weight": 1, **more,
    }  # fmt: skip


HANGING = a_network(
    subnets=[
        a_subnet(open=[opened("22"), opened("443", web=True), opened("20–25", count=3)]),
        a_subnet("app-b", "eu-west-1b", kind="private", way_out="nat", nat="nat-1"),
    ],
    nats=[NAT],
    hanging=[{"nat": "main", "zone": "eu-west-1a", "zones": ["eu-west-1b"]}],
    ways_in={Door.SESSION_MANAGER.value: 2, Door.THE_INTERNET.value: 1, UNKNOWN: 1},
    servers=[
        {"name": "web", "zone": "eu-west-1a", "guarded": False, "ways": [{"door": Door.THE_INTERNET, "through": ""}]},
        {"name": "app", "zone": "eu-west-1b", "guarded": True, "ways": [{"door": Door.BASTION, "through": "jump"}]},
    ],
)


def test_what_to_look_at_is_said_worst_first():
    assert networks.notes(HANGING) == [
        "Reached from the whole internet: ports 20–25 of 3 servers and port 22 of 1 server.",
        "eu-west-1b reaches the internet only through main in eu-west-1a: when that fails, it is cut off.",
        "How people get onto 4 running servers: 2 through Session Manager; 1 only from the whole internet; 1 in a way"
        " that could not be read.",
    ]


def test_what_serves_the_web_alarms_nobody():
    assert not any(
        "Reached" in note for note in networks.notes(a_network(subnets=[a_subnet(open=[opened("443", web=True)])]))
    )


def test_what_is_not_sure_is_said_to_be_so():
    [note, *_rest] = networks.notes(a_network(subnets=[a_subnet(open=[opened("22", sure=False)])]))

    assert note == "Let in by the firewall, while not every layer could be read: port 22 of 1 server."


def test_one_zone_and_one_server_are_said_as_such():
    assert networks.notes(a_network(ways_in={NO_WAY: 1})) == [
        "All of it lies in eu-west-1a.",
        "People get onto its one running server in no way that we can see.",
    ]


def test_each_subnet_is_spoken_with_what_it_holds_and_hangs_on():
    assert networks.chart(HANGING).spoken == (
        "eu-west-1a, public-a: public; 2 servers; port 22; port 443; ports 20–25.",
        "eu-west-1b, app-b: private; 2 servers; out through the NAT gateway main in eu-west-1a.",
    )


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (HANGING["servers"][0], "only from the whole internet"),
        (HANGING["servers"][1], "through a bastion jump"),
        ({"guarded": False, "ways": []}, "in no way that we can see"),
        ({"guarded": None, "ways": []}, "in a way that could not be read"),
    ],
)
def test_ways_onto_a_server_in_words(server, words):
    assert networks.ways_of(server) == words


@pytest.mark.django_db
def test_the_runs_page_draws_networks_and_tells_how_people_get_in(client, ada, ben, cleo):
    told = {"networks": [HANGING, *(a_network(f"net-{n}") for n in range(8))], "more": 2}
    run = make_run(status=Run.Status.DONE, result={"examined": {}, "passed": {}, "not_assessed": [], "iac_coverage": {},
                                                   "api_calls": 1, "network": told})  # fmt: skip
    address = reverse("discovery:run", args=[run.public_id])
    for person, status in ((ben, 404), (cleo, 404), (ada, 200)):
        client.force_login(person)
        answer = client.get(address)
        assert answer.status_code == status

    page = answer.content.decode()
    assert page.count("chart__svg--network") == networks.MOST_ON_PAGE
    assert "through a bastion jump" in page
    assert "5 more networks are not drawn." in page


@pytest.fixture
def summary(ada):
    run = make_told_run(found={"nat_single_point": 1, "sg_ssh_open": 3})
    run.result = {**run.result, "network": {"networks": [HANGING, *(a_network(f"n-{n}") for n in range(4))], "more": 7}}
    run.save()
    return summaries.draft_summary(run=run, actor=ada)


@pytest.mark.django_db
def test_the_summary_draws_the_worst_and_says_how_many_more(summary):
    snapshot = summaries.snapshot_of(summary)
    html = documents.summary_html(snapshot, draft=False)

    assert [one["name"] for one in snapshot["networks"]] == ["shop", "n-0", "n-1"]
    assert html.count("chart__svg--network") == networks.MOST_IN_SUMMARY
    assert "9 more networks are not drawn here." in html
    assert '<a href="#networks">' in html


@pytest.mark.django_db
def test_the_snapshot_alone_draws_them_whatever_becomes_of_the_run(summary):
    snapshot = summaries.snapshot_of(summary)
    before = documents.summary_html(snapshot, draft=False)
    Run.objects.update(result={})

    assert documents.summary_html(snapshot, draft=False) == before


@pytest.mark.django_db
def test_a_snapshot_from_before_there_were_drawings_is_still_drawn(summary):
    snapshot = summaries.snapshot_of(summary)
    older = {name: value for name, value in snapshot.items() if not name.startswith("networks")}

    assert 'id="networks"' not in documents.summary_html(older, draft=False)


@pytest.mark.django_db
def test_what_was_hidden_from_the_summary_is_not_shown_by_the_drawing(summary):
    summary.entries.filter(check_id="nat_single_point").update(decision=SummaryEntry.Decision.HIDE)

    assert summaries.snapshot_of(summary)["networks"] == []


@pytest.mark.django_db
def test_it_stands_in_the_pdf(summary):
    assert summaries.render_pdf_of(summary).startswith(b"%PDF")
