"""The run: live while it goes on, and what it found."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from discovery import delivery_words, exports, found, networks, pictures, queries
from discovery.code_words import code_groups, code_sentence
from discovery.coverage import empty_lines, missed_lines, numbers_failed
from discovery.filters import OccurrenceFilter, choices
from discovery.models import Run
from discovery.one_account import accounts_with_results, seen_in
from discovery.queries_accounts import account_lines, accounts_left_out
from discovery.queries_pricing import places_of
from discovery.services.runs import cancel_run

PAGE = 50


@dataclass(frozen=True)
class Tab:
    """One of the ways to look at the same findings."""

    label: str
    url: str
    current: bool
    count: int


CONTENT_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "sarif": "application/sarif+json",
    "ocsf": "application/json",
    "kit": "application/zip",
    "imports": "text/plain; charset=utf-8",
    "calls": "text/csv; charset=utf-8",
}
ENDINGS = {"kit": "kit.zip", "imports": "imports.tf", "calls": "calls.csv"}  # where it is not the kind's own name
WITHOUT_ROWS = {"calls"}  # what can be made where the rows are gone
WHOLE_ONLY = {"kit", "imports"}  # what they are made from is read by whole runs alone
NAMES = {
    "kit": gettext_lazy("Remedy kit"),
    "imports": gettext_lazy("Import blocks for Terraform"),
    "calls": gettext_lazy("Every call to AWS"),
}


def _run(request: AuthedRequest, public_id: str) -> Run:
    runs = Run.objects.visible_to(request.user).select_related("organisation", "started_by", "scheduled")
    return get_object_or_404(runs, public_id=public_id)


@staff_required
@require_safe
def run(request: AuthedRequest, public_id: str) -> HttpResponse:
    """While it goes on: how far it is. Once it is over: what it found."""
    one = _run(request, public_id)
    if not one.has_results:
        return render(request, "discovery/run_progress.html", {"run": one, **_drawn(queries.run_progress(one))})
    return render(request, "discovery/run.html", {"run": one, **_results(request, one)})


@staff_required
@require_safe
def progress(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The live part alone. Nothing new: 204, so that focus and scroll stay. Over: the whole page anew."""
    one = _run(request, public_id)
    if one.is_over:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    told = queries.run_progress(one)
    if request.GET.get("v") == told.version:
        return HttpResponse(status=204)
    return render(request, "discovery/_run_progress.html", {"run": one, **_drawn(told)})


def _drawn(told: queries.Progress) -> dict[str, object]:
    return {"progress": told, "progress_chart": pictures.progress(told)}


def _results(request: AuthedRequest, one: Run) -> dict[str, object]:
    groups = queries.by_check(one)
    left_out = accounts_left_out(one)
    failed = numbers_failed(one, left_out)
    one_by_one = bool(request.GET)
    return {
        "deltas": queries.deltas(one),
        "severities": pictures.severities(queries.severity_counts(one)),
        "coverage": pictures.iac_coverage(one.result["iac_coverage"]),
        "chains": found.leading_chains(one),
        **_networks(one),
        "code_sentence": code_sentence(one.result),
        "code_groups": code_groups(one.result),
        **_repositories(one),
        "accounts": account_lines(one, left_out),
        "missed": missed_lines(gap for gap in one.result["not_assessed"] if gap["account"] not in failed),
        "empty_regions": empty_lines(one.result),
        "groups": groups,
        "formats": [(kind, NAMES.get(kind, kind.upper())) for kind in CONTENT_TYPES if _is_offered(one, kind)],
        "tabs": [
            Tab(_("By kind"), request.path, current=not one_by_one, count=len(groups)),
            Tab(_("One by one"), "?all=1", current=one_by_one, count=sum(group.findings for group in groups)),
        ],
        **(_list(request, one, groups) if one_by_one else {}),
    }


def _is_offered(one: Run, kind: str) -> bool:
    if one.rows_dropped_at and kind not in WITHOUT_ROWS:
        return False
    return kind in CONTENT_TYPES and one.has_results and (one.is_whole or kind not in WHOLE_ONLY)


def _networks(one: Run) -> dict[str, object]:
    told = one.result.get("network") or {"networks": [], "more": 0}
    shown = told["networks"][: networks.MOST_ON_PAGE]
    return {
        "networks": [_drawn_network(each) for each in shown],
        "networks_more": len(told["networks"]) - len(shown) + told["more"],
    }


def _repositories(one: Run) -> dict[str, object]:
    tools, lines = delivery_words.tool_lines(one.result), delivery_words.repository_lines(one.result)
    most, shown = delivery_words.MOST_TOOLS_ON_PAGE, delivery_words.MOST_REPOSITORIES
    return {
        "tools": tools[:most],
        "tools_more": max(0, len(tools) - most),
        "repositories": lines[:shown],
        "repositories_more": max(0, len(lines) - shown),
    }


def _drawn_network(facts: networks.Facts) -> tuple[object, ...]:
    """Its chart, itself, and its servers with the ways in."""
    return networks.chart(facts), facts, [(server, networks.ways_of(server)) for server in facts["servers"]]


def _list(request: AuthedRequest, one: Run, groups: list[queries.CheckGroup]) -> dict[str, object]:
    rows = one.occurrences.exclude(finding__status="false_positive").select_related("finding").worst_first()
    page = Paginator(OccurrenceFilter(request.GET, rows).qs, PAGE).get_page(request.GET.get("page"))
    places = places_of(row.finding_id for row in page)
    for row in page:
        row.place = places.get(row.finding_id)
    return {
        "filters": choices(one, request.GET, [(group.check_id, group.title) for group in groups]),
        "query": request.GET.get("q", ""),
        "page": page,
    }


@staff_required
@require_POST
def cancel(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _run(request, public_id)
    try:
        cancel_run(run=one, actor=request.user)
    except DomainError as refusal:
        one.refresh_from_db()
        context = {"run": one, "error": refusal, **_drawn(queries.run_progress(one))}
        return render(request, "discovery/run_progress.html", context, status=409)
    return redirect("discovery:run", public_id=public_id)


@staff_required
@require_safe
def download(request: AuthedRequest, public_id: str, kind: str) -> HttpResponse:
    """The run as a document, or one `account` of it; always as an attachment."""
    one, number = _run(request, public_id), request.GET.get("account", "")
    if not _is_offered(one, kind) or (number and number not in accounts_with_results(one)):
        raise Http404
    told, content_type = exports.WRITERS[kind](seen_in(one, number)), CONTENT_TYPES[kind]
    ending = ENDINGS.get(kind, kind)
    if exports.is_archive(told):
        content_type, ending = "application/zip", f"{kind}.zip"
    parts = (slugify(one.organisation.name) or "run", f"{one.created_at:%Y-%m-%d}", number)
    name = f"{'-'.join(filter(None, parts))}.{ending}"
    return HttpResponse(
        told,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )
