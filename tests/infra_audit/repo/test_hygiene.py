"""Versions that a repository asks for, and lock files."""

import pytest

NPM = '{"name": "web", "private": true, "dependencies": {"react": "^18.2.0"}}'


@pytest.mark.parametrize(
    ("path", "content", "called", "line"),
    [
        ("Dockerfile", "FROM node:14-alpine3.20\n", ["Alpine Linux 3.20", "Node.js 14"], 1),
        ("Dockerfile", "FROM python:3.12-buster\n", ["Debian 10"], 1),
        ("Dockerfile", "FROM mcr.microsoft.com/dotnet/aspnet:6.0\n", [".NET 6.0"], 1),
        ("Dockerfile", "FROM public.ecr.aws/docker/library/golang:1.20\n", ["Go 1.20"], 1),
        (".python-version", "3.8.18\n", ["Python 3.8"], 1),
        (".nvmrc", "lts/fermium\n", ["Node.js 14"], 1),
        ("runtime.txt", "python-3.7.9", ["Python 3.7"], 1),
        (".ruby-version", "ruby-2.7.8\n", ["Ruby 2.7"], 1),
        (".tool-versions", "# tools\nnodejs 16.20.2\nterraform 1.9\n", ["Node.js 16"], 2),
        ("global.json", '{\n "sdk": {"version": "3.1.402"}\n}', [".NET 3.1"], 2),
        ("pom.xml", "<project>\n<properties>\n<java.version>1.7</java.version>", ["Java 7"], 3),
        ("web/package.json", '{\n "engines": {"node": "14.x"}}', ["Node.js 14"], 2),
        ("package.json", '{"engines": {"node": ">=12 <15"}}', ["Node.js 12"], 1),
        ("src/Shop.csproj", "<TargetFramework>netcoreapp3.1</TargetFramework>", [".NET 3.1"], 1),
    ],
)
def test_a_version_without_support_is_found_where_it_is_named(path, content, called, line, repo, collect):
    repo.commit({path: content})

    findings = collect(repo).findings("runtime_unsupported")

    assert sorted(finding.resource_name for finding in findings) == called
    assert {(finding.path, finding.line, finding.severity) for finding in findings} == {(path, line, "high")}


def test_the_oldest_version_that_will_do_is_not_the_one_that_is_used(repo, collect):
    repo.commit({"go.mod": "module shop\n\ngo 1.19\n"})
    (lowest,) = collect(repo).findings("runtime_unsupported")
    repo.commit({"go.mod": "module shop\n\ngo 1.19\ntoolchain go1.22.1\n"})
    (used,) = collect(repo).findings("runtime_unsupported")

    assert (lowest.severity, lowest.confidence, lowest.line) == ("low", "low", 3)
    assert (used.severity, used.line) == ("high", 4)
    assert used.detail.startswith("The support of Go 1.22 ended on 2025-02-11.")


def test_what_is_supported_open_or_inexact_is_no_finding(repo, collect):
    repo.commit(
        {
            "Dockerfile": "FROM python:3.13-slim-bookworm\nFROM node:lts\nFROM python:3\nFROM nginx:1.27\n",
            "package.json": '{"engines": {"node": ">=12"}}',
            "tests/fixtures/.nvmrc": "8\n",
            "global.json": "[1, 2",
            ".python-version": "pypy3.9-7.3\n",
        }
    )

    evaluation = collect(repo).evaluation("runtime_unsupported")

    assert evaluation.findings == []
    assert evaluation.examined == {"runtime_unsupported": 2}


def test_a_version_that_the_table_does_not_know_is_not_assessed(repo, collect):
    repo.commit({".nvmrc": "97\n"})

    evaluation = collect(repo).evaluation("runtime_unsupported")

    assert evaluation.findings == []
    assert "does not know when Node.js 97 ends" in evaluation.gaps[0].message


@pytest.mark.parametrize(
    ("path", "content", "severity"),
    [
        ("web/package.json", NPM, "medium"),
        ("package.json", '{"name": "lib", "main": "x.js", "dependencies": {"a": "1"}}', "low"),
        ("requirements.txt", "flask\ngunicorn==23.0.0\n", "medium"),
        ("pyproject.toml", '[project]\nname = "shop"\ndependencies = ["flask>=3"]\n', "medium"),
        ("pyproject.toml", '[build-system]\nrequires = []\n[project]\nname = "lib"\ndependencies = ["flask"]\n', "low"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.12"\nflask = "^3"\n', "medium"),
        ("Gemfile", 'source "https://rubygems.example"\ngem "rails", "~> 7.1"\n', "medium"),
        ("composer.json", '{"require": {"php": ">=8", "laravel/framework": "^11"}}', "medium"),
        ("go.mod", "module shop\nrequire (\n\tgithub.com/gin-gonic/gin v1.10.0\n)\n", "medium"),
        ("Cargo.toml", '[package]\nname = "lib"\n[dependencies]\naxum = "0.7"\n', "low"),
    ],
)
def test_a_list_of_packages_without_a_lock_file_is_found(path, content, severity, repo, collect):
    repo.commit({path: content})

    (finding,) = collect(repo).findings("lock_file_missing")

    assert (finding.path, finding.severity) == (path, severity)


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": NPM, "package-lock.json": "{}"},
        {"packages/web/package.json": NPM, "pnpm-lock.yaml": ""},
        {"requirements.txt": "flask==3.1.0 \\\n    --hash=sha256:00\ngunicorn==23.0.0 ; python_version > '3'\n"},
        {"pyproject.toml": '[project]\ndependencies = ["flask"]', "requirements/base.txt": "flask==3.1.0\n"},
        {"pyproject.toml": '[project]\ndependencies = ["flask"]', "uv.lock": ""},
        {"package.json": '{"scripts": {"x": "y"}}', "composer.json": '{"require": {"php": "8", "ext-json": "*"}}'},
        {"node_modules/x/package.json": NPM, "examples/a/package.json": NPM, "package.json": "{not json"},
    ],
)
def test_what_is_locked_or_asks_for_nothing_passes(files, repo, collect):
    repo.commit({path: content or "\n" for path, content in files.items()})

    assert collect(repo).findings("lock_file_missing") == []
