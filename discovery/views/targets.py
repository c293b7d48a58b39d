"""What may be audited for a client: AWS accounts, repositories, Terraform states."""

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Organisation
from discovery.forms import AccountForm, RepositoryForm, SentRepositoryForm, StateForm
from discovery.models import AwsAccount, Repository, StateFile
from discovery.services import sent, targets
from discovery.views.clients import READ_OR_WRITE, client_or_404
from infra_audit.policy import policy


@staff_required
@require_http_methods(READ_OR_WRITE)
def account_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    client = client_or_404(request, public_id)
    form = AccountForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        way = form.way_in(external_id=targets.external_id_for(client))
        account = AwsAccount(organisation=client, **vars(way))
        try:
            targets.add_aws_account(account=account, actor=request.user)
        except DomainError as refusal:
            form.add_error("name", str(refusal))
        else:
            _record_consent(request, account, form)
            return redirect("discovery:client", public_id=public_id)
    return _account_page(request, client, form, {"title": _("Add an AWS account")})


@staff_required
@require_http_methods(READ_OR_WRITE)
def account(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _target(request, AwsAccount, public_id)
    form = AccountForm(request.POST if request.method == "POST" else None, initial=AccountForm.values_of(one))
    name = one.name
    if form.is_valid():
        external_id = one.external_id or targets.external_id_for(one.organisation)
        way = form.way_in(external_id=external_id, roles_profile=one.profile if one.role_arn else "")
        try:
            targets.change_aws_account(account=one, way=way, actor=request.user)
        except DomainError as refusal:
            form.add_error("name", str(refusal))
        else:
            _record_consent(request, one, form)
            return redirect("discovery:client", public_id=one.organisation.public_id)
    return _account_page(request, one.organisation, form, {"title": name, "account": one})


def _record_consent(request: AuthedRequest, one: AwsAccount, form: AccountForm) -> None:
    """What was agreed is written down anew only where it differs from what is written down."""
    consent = AwsAccount.Consent(form.cleaned_data["consent"])
    agreed_by = "" if consent == AwsAccount.Consent.METADATA else form.cleaned_data["agreed_by"]
    states = form.cleaned_data["state_objects"]
    if (consent, agreed_by, list(map(str, states))) != (one.consent, one.consent_given_by, one.state_objects):
        targets.record_consent(
            account=one, consent=consent, agreed_by=agreed_by, state_objects=states, actor=request.user
        )
    if form.cleaned_data["paid_calls"] != one.paid_calls:
        targets.agree_to_paid_calls(account=one, agreed=form.cleaned_data["paid_calls"], actor=request.user)


def _account_page(
    request: AuthedRequest, client: Organisation, form: AccountForm, more: dict[str, Any]
) -> HttpResponse:
    known = more.get("account")
    external_id = (known and known.external_id) or targets.external_id_for(client)
    context = {
        "client": client,
        "form": form,
        "external_id": external_id,
        **more,
    }
    return render(request, "discovery/target_account.html", context, status=422 if form.errors else 200)


@staff_required
@require_POST
def account_remove(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _target(request, AwsAccount, public_id)
    try:
        targets.remove_aws_account(account=one, actor=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("discovery:account", public_id=public_id)
    messages.success(request, _("%(name)s is removed.") % {"name": one.name})
    return redirect("discovery:client", public_id=one.organisation.public_id)


@staff_required
@require_safe
def read_policy(request: AuthedRequest, tier: str) -> HttpResponse:
    """What the role must be allowed: a file for the client's people, no wider than what was agreed."""
    if tier not in {AwsAccount.Consent.METADATA, AwsAccount.Consent.CONFIGURATION}:
        raise Http404
    return _policy_file(policy(metadata_only=tier == AwsAccount.Consent.METADATA), tier)


@staff_required
@require_safe
def account_policy(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The same for what was agreed for one account: with the states that were named, and no other object."""
    one = _target(request, AwsAccount, public_id)
    document = policy(
        metadata_only=not one.reads_configuration,
        states=one.named_states,
        partition=one.role_arn.split(":")[1] if one.role_arn else one.partition or "aws",
    )
    return _policy_file(document, one.consent)


def _policy_file(document: dict[str, Any], name: str) -> HttpResponse:
    return HttpResponse(
        json.dumps(document, indent=2) + "\n",
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="infra-audit-{name}.json"'},
    )


@staff_required
@require_http_methods(READ_OR_WRITE)
def repository_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    client = client_or_404(request, public_id)
    form = RepositoryForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            targets.add_repository(organisation=client, **form.cleaned_data, actor=request.user)
        except DomainError as refusal:
            form.add_error("location", str(refusal))
        else:
            return redirect("discovery:client", public_id=public_id)
    context = {"client": client, "form": form}
    return render(request, "discovery/target_repository.html", context, status=422 if form.errors else 200)


@staff_required
@require_http_methods(READ_OR_WRITE)
def repository_send(request: AuthedRequest, public_id: str) -> HttpResponse:
    client = client_or_404(request, public_id)
    form = SentRepositoryForm(*((request.POST, request.FILES) if request.method == "POST" else (None, None)))
    if form.is_valid():
        file = form.cleaned_data["file"].file
        try:
            sent.add_sent_repository(organisation=client, file=file, name=form.wanted_name, actor=request.user)
        except DomainError as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("discovery:client", public_id=public_id)
    context = {"client": client, "form": form}
    return render(request, "discovery/target_sent.html", context, status=422 if form.errors else 200)


@staff_required
@require_POST
def repository_remove(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _target(request, Repository, public_id)
    try:
        targets.remove_repository(repository=one, actor=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(name)s is removed.") % {"name": one.name})
    return redirect("discovery:client", public_id=one.organisation.public_id)


@staff_required
@require_http_methods(READ_OR_WRITE)
def state_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    client = client_or_404(request, public_id)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = StateForm(*sent, client=client)
    if form.is_valid():
        file = form.cleaned_data["state"].file
        try:
            targets.add_uploaded_state(organisation=client, file=file, name=form.wanted_name, actor=request.user)
        except DomainError as refusal:
            form.add_error("state", str(refusal))
        else:
            return redirect("discovery:client", public_id=public_id)
    context = {"client": client, "form": form}
    return render(request, "discovery/target_state.html", context, status=422 if form.errors else 200)


@staff_required
@require_POST
def state_remove(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _target(request, StateFile, public_id)
    targets.remove_state(state=one, actor=request.user)
    messages.success(request, _("%(name)s is removed.") % {"name": one.name})
    return redirect("discovery:client", public_id=one.organisation.public_id)


def _target(request: AuthedRequest, model: Any, public_id: str) -> Any:
    """The account, repository or state of that address, with its client."""
    rows = model.objects.visible_to(request.user).select_related("organisation")
    return get_object_or_404(rows, public_id=public_id)
