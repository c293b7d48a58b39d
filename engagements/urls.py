from django.urls import path

from engagements.views import client_proposals, rates

app_name = "engagements"
urlpatterns = [
    # A proposal as its client sees it
    path("offers/<str:token>/", client_proposals.offer, name="offer"),
    path("offers/<str:token>/proposal.pdf", client_proposals.offer_pdf, name="offer-pdf"),
    path("offers/<str:token>/opened/", client_proposals.offer_opened, name="offer-opened"),
    path("organisations/<str:public_id>/proposals/", client_proposals.client_proposals, name="client-proposals"),
    path("sent/<str:public_id>/", client_proposals.client_proposal, name="client-proposal"),
    path("sent/<str:public_id>/opened/", client_proposals.opened, name="opened"),
    path("sent/<str:public_id>/terms/", client_proposals.terms_read, name="terms-read"),
    path("sent/<str:public_id>/terms/opened/", client_proposals.open_terms, name="open-terms"),
    path("sent/<str:public_id>/pick/", client_proposals.pick, name="pick"),
    path("sent/<str:public_id>/ask/", client_proposals.remark, name="remark"),
    path("sent/<str:public_id>/decline/", client_proposals.decline, name="decline"),
    path("sent/<str:public_id>/sign/", client_proposals.sign, name="sign"),
    path("sent/<str:public_id>/forward/", client_proposals.forward, name="forward"),
    path("sent/<str:public_id>/proposal.pdf", client_proposals.client_pdf, name="client-pdf"),
    path("sent/<str:public_id>/offline/", client_proposals.offline, name="offline"),
    path("acceptances/<str:public_id>/certificate.pdf", client_proposals.certificate, name="certificate"),
    path("acceptances/<str:public_id>/rescind/", client_proposals.rescind, name="rescind"),
    path("rescissions/<str:public_id>/countersign/", client_proposals.countersign, name="countersign"),
    # What an hour costs and sells for
    path("settings/rates/", rates.rates, name="rates"),
    path("settings/rates/selling/", rates.selling_rate, name="selling-rate"),
    path("settings/rates/cost/", rates.cost_base_new, name="cost-base-new"),
    path("settings/rates/cost/short/", rates.cost_base_short, name="cost-base-short"),
    path("settings/rates/cost/reckon/", rates.reckon, name="cost-base-reckon"),
    path("settings/rates/cost/<str:public_id>/", rates.cost_base, name="cost-base"),
]
