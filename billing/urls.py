from django.urls import path

from billing.views import invoices, promises, reminder_policy, reminders

app_name = "billing"
urlpatterns = [
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/<str:public_id>/", invoices.invoice, name="invoice"),
    path("invoices/<str:public_id>/payments/", invoices.payment_new, name="payment-new"),
    path("payments/<str:public_id>/clear/", invoices.payment_clear, name="payment-clear"),
    path("payments/<str:public_id>/reverse/", invoices.payment_reverse, name="payment-reverse"),
    # Late money
    path("reminders/", reminders.reminders, name="reminders"),
    path("reminders/send-all/", reminders.send_all, name="reminders-send-all"),
    path("reminders/<str:public_id>/", reminders.reminder, name="reminder"),
    path("reminders/<str:public_id>/send/", reminders.reminder_send, name="reminder-send"),
    path("reminders/<str:public_id>/drop/", reminders.reminder_drop, name="reminder-drop"),
    path("reminders/<str:public_id>/called/", reminders.reminder_called, name="reminder-called"),
    path("invoices/<str:public_id>/promise/", promises.promise_new, name="promise-new"),
    path("invoices/<str:public_id>/dispute/", promises.dispute_new, name="dispute-new"),
    path("disputes/<str:public_id>/resolve/", promises.dispute_resolve, name="dispute-resolve"),
    path("settings/reminders/", reminder_policy.policy, name="reminder-policy"),
    path("settings/reminders/preview/", reminder_policy.preview, name="reminder-preview"),
]
