from django.urls import path

from engagements.views import rates

app_name = "engagements"
urlpatterns = [
    path("settings/rates/", rates.rates, name="rates"),
    path("settings/rates/selling/", rates.selling_rate, name="selling-rate"),
    path("settings/rates/cost/", rates.cost_base_new, name="cost-base-new"),
    path("settings/rates/cost/short/", rates.cost_base_short, name="cost-base-short"),
    path("settings/rates/cost/reckon/", rates.reckon, name="cost-base-reckon"),
    path("settings/rates/cost/<str:public_id>/", rates.cost_base, name="cost-base"),
]
