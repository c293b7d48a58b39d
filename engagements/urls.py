from django.urls import path

from engagements.views import proposals, sent, terms

app_name = "engagements"
urlpatterns = [
    path("proposals/", proposals.proposals_list, name="proposals"),
    path("proposals/new/", proposals.proposal_new, name="proposal-new"),
    path("revisions/<str:public_id>/", proposals.revision, name="revision"),
    path("revisions/<str:public_id>/words/", proposals.words, name="revision-words"),
    path("revisions/<str:public_id>/quote/", proposals.quote, name="revision-quote"),
    path("revisions/<str:public_id>/discard/", proposals.discard, name="revision-discard"),
    path("revisions/<str:public_id>/lines/new/", proposals.line_new, name="line-new"),
    path("revisions/<str:public_id>/lines/<uuid:key>/", proposals.line_edit, name="line-edit"),
    path("revisions/<str:public_id>/lines/<uuid:key>/move/", proposals.line_move, name="line-move"),
    path("revisions/<str:public_id>/lines/<uuid:key>/remove/", proposals.line_remove, name="line-remove"),
    path("revisions/<str:public_id>/preview/", sent.preview, name="revision-preview"),
    path("revisions/<str:public_id>/document/", sent.document, name="revision-document"),
    path("revisions/<str:public_id>/proposal.pdf", sent.pdf, name="revision-pdf"),
    path("revisions/<str:public_id>/state/", sent.state, name="revision-state"),
    path("revisions/<str:public_id>/draw/", sent.draw, name="revision-draw"),
    path("revisions/<str:public_id>/send/", sent.send, name="revision-send"),
    path("revisions/<str:public_id>/revise/", sent.revise, name="revision-revise"),
    path("revisions/<str:public_id>/withdraw/", sent.withdraw, name="revision-withdraw"),
    path("revisions/<str:public_id>/links/new/", sent.link_new, name="link-new"),
    path("revisions/<str:public_id>/links/<int:link_id>/revoke/", sent.link_revoke, name="link-revoke"),
    path("settings/terms/", terms.terms_list, name="terms"),
    path("settings/terms/new/", terms.terms_new, name="terms-new"),
    path("settings/terms/<str:public_id>/", terms.terms_one, name="terms-one"),
]
