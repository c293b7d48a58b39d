"""From where a request comes: believed only from proxies that are ours."""

import pytest
from django.test import RequestFactory

from core.middleware import client_ip
from core.origin import Origin, acting_from, current


def ip_of(peer, forwarded=None):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return client_ip(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "expected"),
    [
        ([], "192.0.2.1", None, "192.0.2.1"),
        ([], "192.0.2.1", "198.51.100.7", "192.0.2.1"),  # anyone may write the header
        (["192.0.2.1"], "192.0.2.1", "198.51.100.7", "198.51.100.7"),
        (["192.0.2.1"], "192.0.2.1", "10.0.0.1, 198.51.100.7", "198.51.100.7"),  # the left part is the client's own say
        (["192.0.2.1", "192.0.2.2"], "192.0.2.1", "198.51.100.7, 192.0.2.2", "198.51.100.7"),
        (["192.0.2.0/24"], "192.0.2.200", "198.51.100.7", "198.51.100.7"),
        (["192.0.2.1"], "192.0.2.1", None, "192.0.2.1"),
        (["192.0.2.1"], "192.0.2.1", "not an address", ""),
        (["192.0.2.1"], "::ffff:192.0.2.1", "198.51.100.7", "198.51.100.7"),
        (["2001:db8::/32"], "2001:db8::5", "2001:db9::1", "2001:db9::1"),
        ([], "", "198.51.100.7", ""),  # a unix socket nobody vouched for
        (["unix"], "", "198.51.100.7", "198.51.100.7"),
        (["unix"], "", None, ""),
    ],
)
def test_the_clients_address(settings, proxies, peer, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies

    assert ip_of(peer, forwarded) == expected


def test_behind_a_unix_socket_one_can_still_sign_in(client, db):
    assert client.get("/sign-in/", REMOTE_ADDR="").status_code == 200
    assert client.post("/sign-in/", {"login": "a@b.example", "password": "x"}, REMOTE_ADDR="").status_code == 200


def test_an_origin_holds_inside_its_block_only():
    with acting_from(Origin("192.0.2.1", "Testfox/1", "task")):
        assert current().channel == "task"

    assert current() == Origin()
