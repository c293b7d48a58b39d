"""Which tool a path, a package or an image gives away: plain tables, to be added to."""

import re
from collections.abc import Mapping
from types import MappingProxyType

LANGUAGE, FRAMEWORK, DATABASE, MONITORING, TESTS = "language", "framework", "database", "monitoring", "tests"
CI, CONTAINERS, ORCHESTRATION, IAC, LOAD_TEST = "ci", "containers", "orchestration", "iac", "load_test"
CATEGORIES = (LANGUAGE, FRAMEWORK, DATABASE, CI, CONTAINERS, ORCHESTRATION, IAC, MONITORING, TESTS, LOAD_TEST)

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        ending: language
        for language, endings in {
            "Python": "py pyi",
            "JavaScript": "js mjs cjs jsx",
            "TypeScript": "ts tsx mts cts",
            "Vue": "vue",
            "Svelte": "svelte",
            "Ruby": "rb erb",
            "Go": "go",
            "Rust": "rs",
            "Java": "java",
            "PHP": "php",
            "C#": "cs",
            "F#": "fs",
            "Kotlin": "kt kts",
            "Scala": "scala",
            "Swift": "swift",
            "Dart": "dart",
            "Elixir": "ex exs",
            "Erlang": "erl",
            "Clojure": "clj",
            "Haskell": "hs",
            "Lua": "lua",
            "Perl": "pl pm",
            "R": "r",
            "Julia": "jl",
            "C": "c h",
            "C++": "cc cpp cxx hpp",
            "Shell": "sh bash",
            "PowerShell": "ps1",
            "SQL": "sql",
        }.items()
        for ending in endings.split()
    }
)
NOT_A_PROGRAM = frozenset({"Shell", "PowerShell", "SQL"})  # helpers: alone they make no program that needs tests
GENERATED = re.compile(
    r"\.min\.(?:js|css)$|\.bundle\.js$|_pb2(?:_grpc)?\.pyi?$|\.pb\.go$|\.g\.dart$|\.generated\.|\.designer\.cs$"
    r"|(?:^|/)(?:dist|build|out|target|\.next|\.nuxt|coverage|generated|__generated__|gen)/",
    re.IGNORECASE,
)

BY_PATH: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (category, name, re.compile(pattern, re.IGNORECASE))
    for category, name, pattern in (
        (CI, "GitHub Actions", r"^\.github/workflows/[^/]+\.ya?ml$"),
        (CI, "GitLab CI", r"^\.gitlab-ci\.ya?ml$"),
        (CI, "Jenkins", r"(?:^|/)jenkinsfile(?:\.[\w.-]+)?$"),
        (CI, "CircleCI", r"^\.circleci/config\.ya?ml$"),
        (CI, "Azure Pipelines", r"^\.?azure-pipelines(?:[\w.-]*)\.ya?ml$|^\.azure-pipelines/.+\.ya?ml$"),
        (CI, "Bitbucket Pipelines", r"^bitbucket-pipelines\.ya?ml$"),
        (CI, "Travis CI", r"^\.travis\.ya?ml$"),
        (CI, "Drone", r"^\.drone\.(?:ya?ml|jsonnet|star)$"),
        (CI, "Woodpecker", r"^\.woodpecker(?:/.+)?\.ya?ml$"),
        (CI, "Buildkite", r"^\.buildkite/.+\.ya?ml$"),
        (CI, "AppVeyor", r"^\.?appveyor\.ya?ml$"),
        (CI, "AWS CodeBuild", r"(?:^|/)buildspec[\w.-]*\.ya?ml$"),
        (CI, "Google Cloud Build", r"(?:^|/)cloudbuild\.(?:ya?ml|json)$"),
        (CI, "TeamCity", r"^\.teamcity/.+"),
        (CI, "Forgejo or Gitea Actions", r"^\.(?:forgejo|gitea)/workflows/[^/]+\.ya?ml$"),
        (CI, "Semaphore", r"^\.semaphore/.+\.ya?ml$"),
        (CI, "Pipeline scripts", r"^\.ci/.+"),
        (CI, "Tekton", r"(?:^|/)\.?tekton/.+\.ya?ml$"),
        (CONTAINERS, "Buildpacks", r"(?:^|/)(?:procfile|project\.toml)$"),
        (CONTAINERS, "Dev containers", r"(?:^|/)\.devcontainer(?:/.*)?(?:devcontainer)?\.json$"),
        (ORCHESTRATION, "Amazon ECS", r"(?:^|/)(?:task[-_]?def(?:inition)?[\w.-]*\.json|ecs-params\.ya?ml)$"),
        (ORCHESTRATION, "Nomad", r"\.nomad(?:\.hcl)?$"),
        (ORCHESTRATION, "Skaffold", r"(?:^|/)skaffold\.ya?ml$"),
        (ORCHESTRATION, "Fly.io", r"(?:^|/)fly\.toml$"),
        (MONITORING, "Prometheus", r"(?:^|/)(?:prometheus|alertmanager)[\w.-]*\.ya?ml$"),
        (MONITORING, "Grafana", r"(?:^|/)grafana/.+\.(?:json|ya?ml|ini)$"),
        (MONITORING, "New Relic", r"(?:^|/)newrelic\.(?:yml|ini|js|config)$"),
        (MONITORING, "Datadog", r"(?:^|/)datadog[\w.-]*\.ya?ml$"),
        (MONITORING, "OpenTelemetry", r"(?:^|/)otel[\w.-]*\.ya?ml$"),
        (TESTS, "Bats", r"\.bats$"),
        (LOAD_TEST, "Locust", r"(?:^|/)locustfile[\w.-]*\.py$"),
        (LOAD_TEST, "JMeter", r"\.jmx$"),
        (LOAD_TEST, "Gatling", r"(?:^|/)(?:gatling[\w.-]*\.conf|[\w]+Simulation\.(?:scala|java|kt))$"),
        (LOAD_TEST, "Artillery", r"(?:^|/)(?:\.)?artillery[\w.-]*\.(?:ya?ml|json)$"),
        (LOAD_TEST, "k6", r"(?:^|/)k6/.+\.(?:js|ts)$|(?:^|/)[\w.-]*k6[\w.-]*\.(?:js|ts)$"),
    )
)
# What a script, a workflow or a load test's own file gives away.
BY_TEXT: tuple[tuple[str, str, re.Pattern[bytes]], ...] = (
    (LOAD_TEST, "k6", re.compile(rb"""\bk6\s+(?:run|cloud)\b|from\s+["']k6(?:/|["'])""")),
    (LOAD_TEST, "Vegeta", re.compile(rb"\bvegeta\s+attack\b")),
    (LOAD_TEST, "Locust", re.compile(rb"\blocust\s+(?:-|--)")),
    (LOAD_TEST, "Artillery", re.compile(rb"\bartillery\s+run\b")),
    (LOAD_TEST, "JMeter", re.compile(rb"\bjmeter\s+-")),
)
SCRIPTS = re.compile(
    r"(?:^|/)(?:makefile|justfile|taskfile\.ya?ml|jenkinsfile)$|\.sh$|^\.github/workflows/[^/]+\.ya?ml$"
    r"|^\.gitlab-ci\.ya?ml$"
    r"|(?:^|/)(?:load|perf|performance|stress|bench(?:mark)?s?)[\w.-]*/[^/]+\.(?:js|ts)$"
    r"|(?:^|/)[\w.-]*(?:load|perf|stress)[\w.-]*\.(?:js|ts)$",
    re.IGNORECASE,
)
OF_INFRASTRUCTURE: Mapping[str, str] = MappingProxyType(
    {"Kubernetes": ORCHESTRATION, "Helm": ORCHESTRATION, "Kustomize": ORCHESTRATION}
)


def _by_key(told: Mapping[str, Mapping[str, str]]) -> Mapping[str, tuple[str, str]]:
    """{key: (category, tool)} from {category: {tool: "key key"}}."""
    return MappingProxyType(
        {
            key: (category, name)
            for category, names in told.items()
            for name, keys in names.items()
            for key in keys.split()
        }
    )


PACKAGES = _by_key(
    {
        FRAMEWORK: {
            "Django": "django",
            "Flask": "flask",
            "FastAPI": "fastapi",
            "Celery": "celery",
            "Tornado": "tornado",
            "aiohttp": "aiohttp",
            "Starlette": "starlette",
            "Pyramid": "pyramid",
            "Streamlit": "streamlit",
            "React": "react",
            "Next.js": "next",
            "Vue": "vue",
            "Nuxt": "nuxt",
            "Angular": "@angular/core",
            "Svelte": "svelte",
            "Express": "express",
            "NestJS": "@nestjs/core",
            "Koa": "koa",
            "Fastify": "fastify",
            "Remix": "@remix-run/react",
            "Astro": "astro",
            "Gatsby": "gatsby",
            "Electron": "electron",
            "React Native": "react-native",
            "htmx": "htmx.org",
            "Ruby on Rails": "rails",
            "Sinatra": "sinatra",
            "Sidekiq": "sidekiq",
            "Laravel": "laravel/framework",
            "Symfony": "symfony/framework-bundle",
            "Gin": "github.com/gin-gonic/gin",
            "Echo": "github.com/labstack/echo/v4",
            "Fiber": "github.com/gofiber/fiber/v2",
            "chi": "github.com/go-chi/chi/v5",
            "Actix": "actix-web",
            "Axum": "axum",
            "Rocket": "rocket",
            "Spring Boot": (
                "org.springframework.boot org.springframework.boot:spring-boot-starter-parent "
                "org.springframework.boot:spring-boot-starter-web"
            ),
            "Quarkus": "io.quarkus io.quarkus.platform:quarkus-bom",
            "Micronaut": "io.micronaut.application",
            "ASP.NET Core": "microsoft.net.sdk.web",
        },
        DATABASE: {
            "PostgreSQL": (
                "asyncpg github.com/jackc/pgx/v5 github.com/lib/pq npgsql org.postgresql:postgresql pg pg8000 "
                "postgres psycopg psycopg2 psycopg2-binary tokio-postgres"
            ),
            "MySQL": (
                "com.mysql:mysql-connector-j github.com/go-sql-driver/mysql mysql mysql-connector-python "
                "mysql2 mysql:mysql-connector-java mysqlclient mysqlconnector pymysql"
            ),
            "Redis": (
                "github.com/go-redis/redis/v8 github.com/redis/go-redis/v9 ioredis predis/predis redis "
                "stackexchange.redis"
            ),
            "MongoDB": "go.mongodb.org/mongo-driver mongodb mongoid mongoose pymongo",
            "Elasticsearch": "@elastic/elasticsearch elasticsearch",
            "OpenSearch": "@opensearch-project/opensearch opensearch-py",
            "SQLite": "better-sqlite3 sqlite3",
            "Cassandra": "cassandra-driver",
            "ClickHouse": "clickhouse-driver",
            "SQL Server": "microsoft.data.sqlclient mssql pymssql",
            "Oracle": "oracledb",
            "Neo4j": "neo4j",
            "RabbitMQ": "amqplib bunny pika",
            "Kafka": "confluent-kafka kafka-python kafkajs org.apache.kafka:kafka-clients",
        },
        MONITORING: {
            "Datadog": "@datadog/browser-rum datadog dd-trace ddtrace",
            "Sentry": (
                "@sentry/browser @sentry/nextjs @sentry/node @sentry/react @sentry/vue "
                "github.com/getsentry/sentry-go io.sentry:sentry raven sentry-rails sentry-ruby sentry-sdk "
                "sentry.aspnetcore sentry/sentry sentry/sentry-laravel"
            ),
            "Prometheus": (
                "django-prometheus github.com/prometheus/client_golang "
                "io.micrometer:micrometer-registry-prometheus prom-client prometheus-client "
                "prometheus-flask-exporter"
            ),
            "New Relic": "newrelic newrelic_rpm",
            "OpenTelemetry": (
                "@opentelemetry/api @opentelemetry/sdk-node go.opentelemetry.io/otel opentelemetry-api "
                "opentelemetry-distro opentelemetry-sdk"
            ),
            "Elastic APM": "elastic-apm elastic-apm-node",
            "Bugsnag": "@bugsnag/js bugsnag",
            "Rollbar": "rollbar",
            "AppSignal": "@appsignal/nodejs appsignal",
            "Honeycomb": "honeycomb-beeline",
            "Airbrake": "airbrake",
        },
        TESTS: {
            "pytest": "pytest pytest-django",
            "Jest": "jest",
            "Vitest": "vitest",
            "Mocha": "mocha",
            "Cypress": "cypress",
            "Playwright": "@playwright/test playwright pytest-playwright",
            "RSpec": "rspec rspec-rails",
            "Minitest": "minitest",
            "PHPUnit": "phpunit/phpunit",
            "JUnit": "junit:junit org.junit.jupiter:junit-jupiter org.junit.jupiter:junit-jupiter-api",
            ".NET tests": "mstest.testframework nunit xunit",
        },
        LOAD_TEST: {
            "Locust": "locust",
            "Artillery": "artillery",
            "k6": "k6",
            "Gatling": (
                "@gatling.io/core io.gatling io.gatling.gradle "
                "io.gatling.highcharts:gatling-charts-highcharts io.gatling:gatling-maven-plugin"
            ),
            "autocannon": "autocannon",
            "Vegeta": "github.com/tsenart/vegeta/v12",
        },
    }
)
IMAGES = _by_key(
    {
        DATABASE: {
            "PostgreSQL": "postgis postgres postgresql timescaledb",
            "MySQL": "mysql",
            "MariaDB": "mariadb",
            "MongoDB": "mongo mongodb",
            "Redis": "redis redis-stack",
            "Valkey": "valkey",
            "Memcached": "memcached",
            "Elasticsearch": "elasticsearch",
            "OpenSearch": "opensearch",
            "ClickHouse": "clickhouse clickhouse-server",
            "Cassandra": "cassandra",
            "Neo4j": "neo4j",
            "RabbitMQ": "rabbitmq",
            "Kafka": "cp-kafka kafka redpanda",
        },
        MONITORING: {
            "Prometheus": "prometheus",
            "Grafana": "grafana",
            "Loki": "loki",
            "Jaeger": "all-in-one jaeger",
            "OpenTelemetry": "opentelemetry-collector opentelemetry-collector-contrib",
        },
        LOAD_TEST: {
            "Locust": "locust",
            "k6": "k6",
        },
    }
)
