"""Dockerfiles and compose files: what they start from, and as whom."""

import pytest

APP = "FROM python:3.12-slim\nUSER app\n"


def images(collected, kind):
    return [(row["image"], row["version"], row["line"]) for row in collected["repo.docker"].rows if row["kind"] == kind]


def test_stages_variables_and_digests_are_understood(repo, collect):
    digest = "sha256:" + "a" * 64
    repo.commit(
        {
            "Dockerfile": (
                "# syntax=docker/dockerfile:1\nARG PYTHON=3.12\nARG WHICH\n"
                "FROM --platform=linux/amd64 python:${PYTHON}-slim AS build\n"
                "RUN <<EOF\nFROM nothing:latest\nUSER root\nEOF\n"
                "FROM registry.example:5000/team/base AS base\n"
                f"FROM nginx@{digest} AS proxy\n"
                "FROM company/${WHICH}\n"
                "FROM redis:${TAG:-7.2} AS cache\n"
                "FROM BUILD AS again\nFROM scratch\nRUN echo \\\n  FROM broken\n"
            )
        }
    )

    collected = collect(repo)

    assert images(collected, "from") == [
        ("python", "3.12-slim", 4),
        ("registry.example:5000/team/base", None, 9),
        ("nginx", None, 10),
        ("", None, 11),
        ("redis", "7.2", 12),
    ]
    assert [row["is_known"] for row in collected["repo.docker"].rows if not row["image"]] == [False]
    assert [finding.line for finding in collected.findings("docker_latest_tag")] == [9]


def test_a_compose_service_that_is_built_here_takes_no_image(repo, collect):
    compose = (
        "services:\n  web:\n    build: .\n    image: shop:latest\n  cache:\n    image: redis\n"
        "  db:\n    image: postgres:${TAG:-latest}\n  queue:\n    image: rabbitmq:${TAG}\n"
        "  ok:\n    image: valkey/valkey:8.1\n"
    )
    repo.commit({"compose.prod.yaml": compose, "docker-compose.yml": "services: [", "docs/compose.yaml": compose})

    collected = collect(repo)

    assert images(collected, "compose") == [
        ("redis", None, 6),
        ("postgres", "latest", 8),
        ("", None, 10),
        ("valkey/valkey", "8.1", 12),
    ]
    assert [one.resource for one in collected["repo.docker"].unread] == ["docker-compose.yml"]
    assert {finding.severity for finding in collected.findings("docker_latest_tag")} == {"low"}


@pytest.mark.parametrize(
    "last",
    [
        "FROM python:3.12\nUSER app",
        "FROM python:3.12\nUSER 1000:1000",
        "FROM python:3.12\nUSER root\nRUN id\nUSER app",
        "FROM gcr.io/distroless/base-debian12:nonroot",
        "FROM nginxinc/nginx-unprivileged:1.27",
        "FROM python:3.12 AS base\nUSER app\nFROM base",
        "FROM python:3.12\nARG WHO=app\nUSER $WHO",
    ],
)
def test_a_container_with_a_user_of_its_own_passes(last, repo, collect):
    repo.commit({"Dockerfile": f"{last}\n"})

    assert collect(repo).evaluation("docker_root_user").passed == {"docker_root_user": 1}


@pytest.mark.parametrize(
    ("last", "line", "confidence"),
    [
        ("FROM python:3.12", 1, "medium"),
        ("FROM python:3.12\nUSER app\nUSER root", 3, "high"),
        ("FROM python:3.12\nUSER 0:0", 2, "high"),
        ("FROM python:3.12 AS base\nUSER app\nFROM python:3.12", 3, "medium"),
        ("ARG WHO=app\nFROM python:3.12\nARG WHO\nENV ME=root\nUSER ${ME}", 5, "high"),
    ],
)
def test_a_container_that_runs_as_root_is_found_at_its_line(last, line, confidence, repo, collect):
    repo.commit({"app.Dockerfile": f"{last}\n"})

    (finding,) = collect(repo).findings("docker_root_user")

    assert (finding.path, finding.line, finding.confidence) == ("app.Dockerfile", line, confidence)


def test_a_user_that_nobody_can_tell_and_windows_are_not_judged(repo, collect):
    repo.commit(
        {
            "a/Dockerfile": "FROM python:3.12\nARG WHO\nUSER $WHO\n",
            "b/Dockerfile": "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\n",
            "Dockerfile.dockerignore": "FROM\n",
        }
    )

    assert collect(repo).evaluation("docker_root_user").examined == {"docker_root_user": 0}


def test_what_only_developers_start_is_one_step_milder_and_says_why(repo, collect):
    repo.commit({".devcontainer/Dockerfile": "FROM python\n", "Dockerfile": APP})

    (finding,) = collect(repo).findings("docker_latest_tag")

    assert (finding.severity, finding.severity_reason) == ("low", "One step milder: by its name it is for developers.")
