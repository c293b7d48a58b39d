"""A run as documents: bytes to write to a file or to send as a download."""

import json
from collections.abc import Callable, Iterator
from functools import partial

from django.utils.translation import gettext as _

from core.errors import DomainError
from discovery import queries_calls
from discovery.models import Run
from discovery.one_account import OneAccount, Seen, accounts_with_results, seen_in
from discovery.queries_accounts import accounts_left_out, accounts_read
from discovery.services import findings, runs, summaries
from infra_audit import call_log, kit
from infra_audit.document import as_bytes, document, findings_csv
from infra_audit.evaluate import Evaluation
from infra_audit.formats.ocsf import ocsf
from infra_audit.formats.sarif import sarif
from infra_audit.inventory import Inventory
from infra_audit.kit import imports_tf
from infra_audit.kit.handing_over import packed


def as_json(run: Seen) -> bytes:
    """The published JSON document, schema 1; see docs/schema/discovery-1.json."""
    evaluation, inventory = _judged(run)
    accounts = [
        {"id": one.account_id, "alias": one.alias, "partition": one.partition, "org_role": one.org_role}
        for one in accounts_read(run)
    ]
    statuses = dict(run.occurrences.bad().values_list("finding__fingerprint", "status"))
    told = document(
        evaluation,
        inventory,
        client=run.organisation.name,
        started_at=run.created_at,
        duration_s=((run.finished_at or run.created_at) - run.created_at).total_seconds(),
        accounts=accounts,
        regions=run.result.get("regions", []),
        now=run.as_of,
        statuses=statuses,
        signing_in=queries_calls.signing_in(run),
        only_checks=run.only_checks,
        left_out=accounts_left_out(run),
    )
    return as_bytes(told)


def as_csv(run: Seen) -> bytes:
    """One line a finding, safe to open in a spreadsheet."""
    evaluation, _inventory = _judged(run)
    return findings_csv(evaluation.findings).encode("utf-8-sig")


def as_calls(run: Seen) -> bytes:
    """One line a request that was sent to AWS, in order of time: what a client holds against their own CloudTrail."""
    return call_log.calls_csv(queries_calls.log_of(run)).encode("utf-8-sig")


def as_sarif(run: Seen) -> bytes:
    """For code hosts and editors."""
    evaluation, _inventory = _judged(run)
    return json.dumps(sarif(evaluation.findings), ensure_ascii=False).encode()


def as_ocsf(run: Seen) -> bytes:
    """For security data lakes: a list of Compliance Findings."""
    evaluation, _inventory = _judged(run)
    told = ocsf(evaluation.findings, seen_at=run.finished_at or run.created_at)
    return json.dumps(told, ensure_ascii=False).encode()


def as_kit(run: Seen) -> bytes:
    """The remedy kit as a ZIP: scripts that mend what was found, and show first what they would do."""
    evaluation, inventory = _judged(run)
    return packed(kit.files(inventory, evaluation), made_at=run.finished_at or run.created_at)


def as_imports(run: Seen) -> bytes:
    """Terraform's import blocks for what is in no code; of several accounts a ZIP with a folder for each."""
    evaluation, inventory = _judged(run)
    made = list(imports_tf.files(inventory, evaluation))
    if sum(one.path.endswith("/imports.tf") for one in made) < 2:
        return imports_tf.imports_of(inventory, evaluation).encode()
    return packed(made, made_at=run.finished_at or run.created_at)


def is_archive(told: bytes) -> bool:
    return told.startswith(b"PK")


def as_pdf(run: Seen) -> bytes:
    """The executive summary with the choices that a draft makes by itself."""
    whole, account = (run.run, run.number) if isinstance(run, OneAccount) else (run, "")
    summary = summaries.draft_summary(run=whole, account=account, actor=None)
    return summaries.render_pdf_of(summary)


def of_each_account(run: Run) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """For each account that was read, a file's name and what makes it: its JSON, and its summary as PDF."""
    for number in accounts_read(run).order_by("account_id").values_list("account_id", flat=True):
        seen = seen_in(run, number if number in accounts_with_results(run) else "")
        yield f"{number}.json", partial(as_json, seen)
        yield f"{number}.pdf", partial(as_pdf, seen)


def _judged(run: Seen) -> tuple[Evaluation, Inventory]:
    """Judged anew from what is stored: the same in, the same out. What staff ruled false is left out.

    Raises DomainError where that is no longer stored: of nothing read, everything would seem to be gone.
    """
    if run.rows_dropped_at:
        raise DomainError(_("What this audit read is no longer kept; its findings and counts are on its page."))
    inventory = runs.stored_inventory(run)
    evaluation = findings.judge(run, inventory)
    kept = set(run.occurrences.bad().values_list("finding__fingerprint", flat=True))
    evaluation.findings = [one for one in evaluation.findings if one.fingerprint in kept]
    evaluation.chains = [one for one in evaluation.chains if one.stands_on(kept)]
    return evaluation, inventory


WRITERS: dict[str, Callable[[Seen], bytes]] = {
    "pdf": as_pdf,
    "json": as_json,
    "csv": as_csv,
    "sarif": as_sarif,
    "ocsf": as_ocsf,
    "kit": as_kit,
    "imports": as_imports,
    "calls": as_calls,
}
