"""What a repository is made with, each with the file that proves it."""

import pytest

from infra_audit.evaluate import evaluate
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.repository_facts import tools
from tests.infra_audit.repo.conftest import KEY, NOW

SHOP = {
    "shop/app.py": "x = 1\n" * 40,
    "shop/static/app.js": "let x\n",
    "shop/static/app.min.js": "let x\n" * 900,
    "vendor/lib.rb": "x = 1\n" * 900,
    "tests/test_app.py": "def test(): pass\n",
    "requirements/base.in": "Django>=5.2,<5.3\npsycopg[binary]==3.2.3\nsentry_sdk\n",
    "requirements/base.txt": "django==5.2.1\nflask==3.1.0\n",
    "web/package.json": '{"dependencies": {"react": "^18.2.0", "@sentry/react": "git+ssh://x"}}',
    ".github/workflows/test.yml": "on: push\n",
    "Dockerfile": "FROM python:3.12-slim\nUSER app\n",
    "compose.yaml": "services:\n  db:\n    image: postgis/postgis:16-3.4\n",
    "infra/main.tf": "\n",
    "k8s/web.yaml": "apiVersion: apps/v1\nkind: Deployment\n",
    "deploy/prometheus.yml": "scrape_configs: []\n",
}


def found(collected):
    return [(row["category"], row["name"], row["version"], row["path"]) for row in collected["repo.tools"].rows]


def test_every_tool_is_named_with_its_version_and_proof(repo, collect):
    repo.commit(SHOP)

    collected = collect(repo)

    assert found(collected) == [
        ("language", "Python", "3.12", "Dockerfile"),
        ("language", "JavaScript", None, "shop/static/app.js"),
        ("framework", "Django", ">=5.2,<5.3", "requirements/base.in"),
        ("framework", "React", "^18.2.0", "web/package.json"),
        ("database", "PostgreSQL", "16-3.4", "compose.yaml"),
        ("ci", "GitHub Actions", None, ".github/workflows/test.yml"),
        ("containers", "Docker", None, "Dockerfile"),
        ("containers", "Docker Compose", None, "compose.yaml"),
        ("orchestration", "Kubernetes", None, "k8s/web.yaml"),
        ("iac", "Terraform", None, "infra/main.tf"),
        ("monitoring", "Sentry", None, "requirements/base.in"),
        ("monitoring", "Prometheus", None, "deploy/prometheus.yml"),
        ("tests", "Test files", None, "tests/test_app.py"),
    ]


def test_the_document_tells_each_with_its_repository(repo, collect):
    repo.commit(SHOP)

    told = tools(Inventory(tuple(collect(repo).units)))

    assert {"category": "iac", "name": "Terraform", "version": None, "path": "infra/main.tf", "repository": "shop",
            "files": 1} in told  # fmt: skip


@pytest.mark.parametrize(
    ("path", "content", "name"),
    [
        ("pom.xml", "<dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId>", "PostgreSQL"),
        ("build.gradle", "plugins { id 'org.springframework.boot' version '3.3.1' }", "Spring Boot"),
        ("Gemfile", 'gem "rails", "~> 7.1"', "Ruby on Rails"),
        ("go.mod", "require github.com/gin-gonic/gin v1.10.0", "Gin"),
        ("composer.json", '{"require": {"laravel/framework": "^11.0"}}', "Laravel"),
        ("Cargo.toml", '[dependencies]\naxum = { version = "0.7" }', "Axum"),
        ("Api.csproj", '<Project Sdk="Microsoft.NET.Sdk.Web">', "ASP.NET Core"),
        ("Pipfile", '[packages]\nfastapi = "*"', "FastAPI"),
        ("pyproject.toml", '[project]\ndependencies = ["celery[redis]~=5.4"]', "Celery"),
        (".gitlab-ci.yml", "test: {}", "GitLab CI"),
        ("ci/Jenkinsfile", "pipeline {}", "Jenkins"),
        ("load/orders.js", "import http from 'k6/http'", "k6"),
        ("bin/stress.sh", "vegeta attack -rate=50", "Vegeta"),
        ("perf/plan.jmx", "<x/>", "JMeter"),
    ],
)
def test_a_manifest_a_file_or_a_script_gives_a_tool_away(path, content, name, repo, collect):
    repo.commit({path: f"{content}\n"})

    assert name in [row["name"] for row in collect(repo)["repo.tools"].rows]


def test_an_address_that_stands_for_a_version_is_not_told(repo, mint, collect):
    token = mint.github_token()
    told = f'"react": "git+https://x:{token}@host.example/r.git", "vue": "{token}"'
    repo.commit({"package.json": f'{{"dependencies": {{{told}}}}}'})

    collected = collect(repo)

    assert found(collected) == [
        ("framework", "React", None, "package.json"),
        ("framework", "Vue", None, "package.json"),
    ]
    assert token not in repr(collected.units)


@pytest.mark.parametrize(
    ("check", "files", "bad"),
    [
        ("ci_missing", {"app.py": "x\n"}, True),
        ("ci_missing", {"main.tf": "\n"}, True),
        ("ci_missing", {"app.py": "x\n", ".gitlab-ci.yml": "x: y\n"}, False),
        ("ci_missing", {"README.md": "Notes\n", "do.sh": "ls\n"}, None),
        ("tests_missing", {"app.py": "x\n"}, True),
        ("tests_missing", {"src/lib.rs": "#[test]\nfn a() {}\n"}, False),
        ("tests_missing", {"src/main.rs": "fn main() {}\n"}, True),
        ("tests_missing", {"a.go": "x\n", "a_test.go": "x\n"}, False),
        ("tests_missing", {"app.py": "x\n", "node_modules/a/a.test.js": "x\n", "fixtures/test_a.py": "x\n"}, True),
        ("tests_missing", {"do.sh": "ls\n", "README.md": "Notes\n"}, None),
    ],
)
def test_programs_are_asked_for_a_pipeline_and_tests(check, files, bad, repo, collect):
    repo.commit(files)

    evaluation = collect(repo).evaluation(check)

    assert evaluation.examined == {check: 0 if bad is None else 1}
    assert bool(evaluation.findings) is bool(bad)


def test_one_repository_with_a_load_test_is_enough(repo, new_repo, collect):
    other = new_repo("load")
    repo.commit({"app.py": "x\n", "Dockerfile": "FROM python:3.12\n"})
    other.commit({"locustfile.py": "x\n"})
    alone, both = collect(repo).units, [*collect(repo).units, *collect(other).units]

    def judged(units):
        check = [catalogue()["no_load_test"]]
        return evaluate(Inventory(tuple(units)), settings=CheckSettings(), now=NOW, key=KEY, checks=check)

    assert [finding.severity for finding in judged(alone).findings] == ["info"]
    assert judged(both).findings == []
    assert judged(both).passed == {"no_load_test": 1}
