"""How fast the portal is for 50 people at once: PostgreSQL, Redis and gunicorn on this machine, a practice of 200
clients with 2,000 engagements and 100,000 findings. Each person opens a page every 2 seconds, round all of the portal.

Prints p50, p95 and p99 and the queries of every page, and what a first visit transfers. Over budget: status 1.
BENCH_CLIENTS, BENCH_SECONDS and BENCH_PEOPLE make it smaller; TEST_DATABASE_URL names a server to use.
"""

import gzip
import http.client
import importlib.util
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = int(os.environ.get("BENCH_CLIENTS", "200"))
EACH = 10  # engagements of a client
FINDINGS = 500  # of a client
PEOPLE = int(os.environ.get("BENCH_PEOPLE", "50"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "60"))
EVERY_S = 2.0
BUDGET_MS, BUDGET_QUERIES, BUDGET_KB = 150.0, 12, 60.0
HOST = "practice.example"
HEADERS = {"Host": HOST, "X-Forwarded-Proto": "https", "Accept-Encoding": "gzip"}


def servers_of_tests():
    """bin/run_tests.py knows how to find or start PostgreSQL and Redis."""
    spec = importlib.util.spec_from_file_location("run_tests", ROOT / "bin" / "run_tests.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def use_servers(stack, name):
    """PostgreSQL with an empty database and Redis, for Django and its children: it must not be set up yet."""
    servers = servers_of_tests()
    postgres, redis = servers.find_postgres(stack), servers.start_redis(stack)
    if not (postgres and redis):
        sys.exit("needs PostgreSQL and Redis")
    base, _slash, _name = postgres.rpartition("/")
    database = f"{name}_{os.getpid()}"
    make_database(stack, base, database)
    os.environ.update(
        DATABASE_URL=f"{base}/{database}",
        CACHE_URL=redis,
        CELERY_BROKER_URL=redis,
        VAR_DIR=stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-")),
    )


def prepare(stack):
    """Servers, and settings as on a deployed site; must run before Django is set up."""
    use_servers(stack, "bench_portal")
    from cryptography.fernet import Fernet

    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings.production",
        SECRET_KEY=Fernet.generate_key().decode() * 2,
        FIELD_KEYS=Fernet.generate_key().decode(),
        ALLOWED_HOSTS=HOST,
        BASE_URL=f"https://{HOST}",
        TRUSTED_PROXIES="127.0.0.1",
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def make_database(stack, base, name):
    import psycopg

    server = stack.enter_context(
        psycopg.connect(f"{base}/postgres".replace("postgres:", "postgresql:"), autocommit=True)
    )
    server.execute(f'CREATE DATABASE "{name}"')
    stack.callback(server.execute, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def seed():
    """Clients with what a client has; returns an owner of each, and the practice's consultant."""
    from django.db import connection, transaction

    from tests.factories import make_client, make_consultant, make_practice

    make_practice()
    ada = make_consultant("ada")
    owners = []
    for number in range(CLIENTS):
        with transaction.atomic():
            ben = make_client(f"ben{number}")
            fill(ben, ada, number)
            owners.append(ben)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return owners, ada


def fill(ben, ada, number):
    from core import clock
    from discovery.models import Finding
    from discovery.services import summaries
    from tests.billing_factories import deposit_of, issue, make_signed, pay
    from tests.factories import organisation_of
    from tests.report_factories import make_report
    from tests.scope_factories import make_revision, make_sent, make_trade, work
    from tests.summary_factories import make_told_run
    from tests.wall.world import frozen_without_drawing

    organisation = organisation_of(ben)
    run = make_told_run(
        organisation, found={"rds_nothing_survives_deletion": 50, "sg_ssh_open": 150, "resource_untagged": 300}
    )
    Finding.objects.filter(organisation=organisation).update(published_at=clock.now(), status=Finding.Status.PUBLISHED)
    frozen_without_drawing(summaries.draft_summary(run=run, actor=ada), ada)
    engagement = make_signed(ben, ada, title=f"Project {number}")
    invoice = issue(deposit_of(engagement), ada)
    pay(invoice, invoice.total.amount, ada)
    make_report(engagement, actor=ada)
    make_trade(engagement, actor=ada, out=[engagement.items.first()], incoming=[work("Other work", 4000)])
    copy_engagement(engagement, EACH - 1)
    make_sent(make_revision(ben, owner=ada, title="One more"))


def copies(rows, **changed):
    """New rows like those, stored at once; `changed` gives each its own value by its place."""
    from core.models import make_public_id

    made = []
    for place, row in enumerate(rows):
        new = type(row)(**{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields})
        new.pk = None
        if hasattr(new, "public_id"):
            new.public_id = make_public_id()
        for name, values in changed.items():
            setattr(new, name, values[place])
        made.append(new)
    return type(rows[0]).objects.bulk_create(made) if made else []


def copy_engagement(one, times):
    """The same engagement again, with proposal, lines, items, ledger and draft invoice: a service takes its time."""
    from engagements.models import Proposal

    revision, acceptance = one.acceptance.revision, one.acceptance
    first = Proposal.objects.order_by("-number").values_list("number", flat=True)[0] + 1
    proposals = copies([revision.proposal] * times, number=range(first, first + times))
    revisions = copies([revision] * times, proposal=proposals)
    acceptances = copies([acceptance] * times, revision=revisions, proposal=proposals)
    engagements = copies([one] * times, acceptance=acceptances)
    lines, items, entries = list(revision.lines.all()), list(one.items.all()), list(one.ledger.all())
    baseline = one.change_sets.order_by("pk").first()
    for new, its_revision in zip(engagements, revisions, strict=True):
        copies(lines, revision=[its_revision] * len(lines))
        its_items = dict(zip([item.pk for item in items], copies(items, engagement=[new] * len(items)), strict=True))
        sets = copies([baseline], engagement=[new])
        own = [entry for entry in entries if entry.change_set_id == baseline.pk]
        copies(
            own,
            engagement=[new] * len(own),
            change_set=sets * len(own),
            item=[its_items[entry.item_id] for entry in own],
        )


def addresses(ben):
    """Every page that a client opens, with things of this client."""
    from django.urls import reverse

    from tests.factories import organisation_of

    organisation = organisation_of(ben)
    engagement = organisation.engagements.earliest("pk")
    things = {
        "portal:home": None,
        "portal:organisation": organisation,
        "portal:findings": organisation,
        "portal:people": organisation,
        "portal:reports": engagement,
        "portal:report": engagement.report_revisions.first(),
        "engagements:engagement": engagement,
        "engagements:client-proposals": organisation,
        "engagements:client-proposal": engagement.acceptance.revision,
        "engagements:terms-read": engagement.acceptance.revision,
        "engagements:change": engagement.change_sets.order_by("-pk").first(),
        "discovery:summary": organisation.summaries.first(),
        "discovery:summary-document": organisation.summaries.first(),
        "billing:client-invoices": organisation,
        "billing:invoice": engagement.invoices.exclude(status="draft").first(),
        "billing:statement": organisation,
        "core:account": None,
    }
    if forgotten := pages_of_clients() - set(things):
        sys.exit(f"no address of {', '.join(sorted(forgotten))}: add it to what is measured")
    return {name: reverse(name, args=[thing.public_id] if thing else []) for name, thing in things.items()}


def pages_of_clients():
    """What the wall lets a client's owner read, but for files, what an API answers, and two small forms."""
    from tests.wall.world import CASES, MONEY, OWN, PERSON

    read = {case.route for case in CASES if case.access in {OWN, MONEY, PERSON} and "GET" in case.methods}
    files = {name for name in read if name.endswith(("-pdf", "-csv", ":file", ":deliverable", ":certificate"))}
    return read - files - {"billing:promise-new", "billing:dispute-new"}


def cookie_of(person):
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def queries_of(person):
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": HOST, "x-forwarded-proto": "https"})
    client.force_login(person)
    counted = {}
    for name, path in addresses(person).items():
        client.get(path)  # what is cached for a process
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        if answer.status_code != 200:
            sys.exit(f"{name} answers {answer.status_code}")
        counted[name] = len(captured)
        if os.environ.get("BENCH_SHOW") == name:
            for query in captured:
                print(query["time"], query["sql"][:600])
    return counted


def serve(stack):
    port = servers_of_tests().free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--config", "deploy/gunicorn_conf.py"]
    environment = {**os.environ, "WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "3"}
    process = subprocess.Popen([*command, "--log-level", "warning", "--no-control-socket"], cwd=ROOT, env=environment)

    def end():
        process.send_signal(signal.SIGTERM)
        process.wait(30)

    stack.callback(end)
    for _try in range(150):
        try:
            if get(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/healthz", "")[0] == 200:
                return port
        except OSError:
            time.sleep(0.2)
    sys.exit("gunicorn does not answer")


def get(connection, path, cookie):
    connection.request("GET", path, headers={**HEADERS, "Cookie": cookie})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


def load(port, people):
    """Milliseconds by page; each person waits between pages as people do, and starts at a time of their own."""
    took, lock, wrong = defaultdict(list), threading.Lock(), []

    def live(number, cookie, pages):
        chance = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        time.sleep(chance.random() * EVERY_S)
        names, turn, deadline = list(pages), chance.randrange(len(pages)), time.monotonic() + SECONDS
        due = time.monotonic()
        while due < deadline:
            name = names[turn % len(names)]
            started = time.perf_counter()
            try:
                status, _body, _headers = get(connection, pages[name], cookie)
            except OSError as error:
                status = type(error).__name__
                connection.close()
            spent = (time.perf_counter() - started) * 1000
            with lock:
                took[name].append(spent)
                if status != 200:
                    wrong.append((name, status))
            turn += 1
            due += EVERY_S
            time.sleep(max(0.0, due - time.monotonic()))

    threads = [threading.Thread(target=live, args=(n, *one)) for n, one in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        sys.exit(f"{len(wrong)} answers were wrong, {wrong[0]} for one")
    return took


def first_visit(port, cookie):
    """Bytes of a client's home with all that it loads: as served, and pages compressed as the proxy before it does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    _status, body, _headers = get(connection, "/", cookie)
    sizes = {"page": len(gzip.compress(body, 6))}
    text = body.decode()
    wanted = set(re.findall(r'<(?:script|link)[^>]+(?:src|href)="(/static/[^"]+\.(?:css|js|woff2))"', text))
    for path in wanted:
        status, got, headers = get(connection, path, "")
        assert status == 200, path
        kind = path.rpartition(".")[2]
        size = len(got) if headers.get("Content-Encoding") or kind == "woff2" else len(gzip.compress(got, 6))
        sizes[kind] = sizes.get(kind, 0) + size
    return sizes


def share(values, percent):
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def main():
    over = []
    with ExitStack() as stack:
        prepare(stack)
        started = time.monotonic()
        owners, _ada = seed()
        from discovery.models import Finding
        from engagements.models import Engagement

        print(
            f"{CLIENTS} clients, {Engagement.objects.count():,} engagements, {Finding.objects.count():,} findings,",
            end=" ",
        )
        print(f"made in {time.monotonic() - started:.0f} s")
        queries = queries_of(owners[0])
        people = [(cookie_of(one), addresses(one)) for one in random.Random(1).sample(owners, min(PEOPLE, len(owners)))]
        port = serve(stack)
        sizes = first_visit(port, people[0][0])
        load_before = os.getloadavg()[0]
        took = load(port, people)
    print(f"{len(people)} people for {SECONDS} s, a page every {EVERY_S:g} s; load before {load_before:.1f}")
    print(f"{'page':32} {'asked':>6} {'p50':>7} {'p95':>7} {'p99':>7} ms {'queries':>8}")
    for name, values in sorted(took.items()):
        p50, p95, p99 = (share(values, percent) for percent in (50, 95, 99))
        print(f"{name:32} {len(values):6} {p50:7.1f} {p95:7.1f} {p99:7.1f}    {queries[name]:8}")
        over += [f"{name}: p95 {p95:.0f} ms"] if p95 > BUDGET_MS else []
        over += [f"{name}: {queries[name]} queries"] if queries[name] > BUDGET_QUERIES else []
    everything = [value for values in took.values() for value in values]
    print(f"{'all':32} {len(everything):6} " + " ".join(f"{share(everything, n):7.1f}" for n in (50, 95, 99)))
    total = sum(sizes.values()) / 1024
    print(
        "first visit: "
        + ", ".join(f"{kind} {size / 1024:.1f}" for kind, size in sizes.items())
        + f" = {total:.1f} kB gz"
    )
    over += [f"first visit {total:.0f} kB"] if total > BUDGET_KB else []
    for line in over:
        print("over budget:", line)
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
