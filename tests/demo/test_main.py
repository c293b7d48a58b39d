import json

import pytest

from demo.__main__ import main


def test_the_truth_of_a_seeded_account_is_printed_as_json(aws, capsys):
    assert main(["account", "--endpoint-url", aws.url, "--now", "2026-11-20T09:30+00:00"]) == 0
    users = aws.client("iam").list_users()["Users"]

    printed = json.loads(capsys.readouterr().out)
    assert {"planted", "tolerated", "gaps", "resources"} == set(printed)
    assert printed["resources"]["iam:user"] == len(users)


def test_an_endpoint_that_is_not_there_is_told_in_a_line(capsys):
    assert main(["account", "--endpoint-url", "http://127.0.0.1:1"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_moment_without_a_zone_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["truth", "--now", "2026-11-20T09:30"])

    assert stopped.value.code == 2
    assert "a zone is missing" in capsys.readouterr().err


def test_a_folder_that_is_not_empty_is_refused_before_anything_is_made(tmp_path, capsys):
    (tmp_path / "harbour-pine-shop").mkdir()

    assert main(["serve", str(tmp_path)]) == 2
    assert "harbour-pine-shop" in capsys.readouterr().err
