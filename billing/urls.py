from django.urls import path

from billing.views import invoices

app_name = "billing"
urlpatterns = [
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/<str:public_id>/", invoices.invoice, name="invoice"),
    path("invoices/<str:public_id>/payments/", invoices.payment_new, name="payment-new"),
    path("payments/<str:public_id>/clear/", invoices.payment_clear, name="payment-clear"),
    path("payments/<str:public_id>/reverse/", invoices.payment_reverse, name="payment-reverse"),
]
