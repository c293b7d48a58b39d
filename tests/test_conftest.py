import os
import socket

import boto3
import pytest


def test_connecting_beyond_this_machine_fails_at_once():
    with socket.socket() as outside, pytest.raises(ConnectionRefusedError, match="do not use the network"):
        outside.connect(("192.0.2.1", 80))


def test_connecting_on_this_machine_works():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())

        assert client.getpeername() == server.getsockname()


def test_the_credentials_of_whoever_runs_the_tests_are_out_of_reach():
    assert boto3.Session().get_credentials() is None
    assert not {"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"} & set(os.environ)
