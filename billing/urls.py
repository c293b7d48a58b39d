from django.urls import path

from billing.views import books, drafts, invoices, payments, promises, reminder_policy, reminders, settings

app_name = "billing"
urlpatterns = [
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/ageing/", books.ageing, name="ageing"),
    path("invoices/ageing.csv", books.ageing_csv, name="ageing-csv"),
    path("invoices/<str:public_id>/", invoices.invoice, name="invoice"),
    path("invoices/<str:public_id>/edit/", drafts.edit, name="invoice-edit"),
    path("invoices/<str:public_id>/issue/", invoices.issue, name="invoice-issue"),
    path("invoices/<str:public_id>/mail/", invoices.mail, name="invoice-mail"),
    path("invoices/<str:public_id>/discard/", invoices.discard, name="invoice-discard"),
    path("invoices/<str:public_id>/restore/", invoices.restore, name="invoice-restore"),
    path("invoices/<str:public_id>/write-off/", invoices.write_off, name="invoice-write-off"),
    path("invoices/<str:public_id>/use-credit/", invoices.use_credit, name="invoice-use-credit"),
    path("invoices/<str:public_id>/credit-note/", drafts.credit_note, name="invoice-credit-note"),
    path("invoices/<str:public_id>/invoice.pdf", invoices.pdf, name="invoice-pdf"),
    path("invoices/<str:public_id>/draft.pdf", invoices.draft_pdf, name="invoice-draft-pdf"),
    path("invoices/<str:public_id>/payments/", payments.payment_new, name="payment-new"),
    path("payments/<str:public_id>/clear/", payments.payment_clear, name="payment-clear"),
    path("payments/<str:public_id>/fail/", payments.payment_fail, name="payment-fail"),
    path("payments/<str:public_id>/reverse/", payments.payment_reverse, name="payment-reverse"),
    path("payments/<str:public_id>/refund/", payments.payment_refund, name="payment-refund"),
    # What of an engagement is billed
    path("engagements/<str:public_id>/money/", drafts.project_money, name="project-money"),
    path("engagements/<str:public_id>/money/draft/", drafts.draft_new, name="draft-new"),
    path("engagements/<str:public_id>/money/by-hand/", drafts.by_hand, name="by-hand"),
    # Of a client, and of the practice
    path("organisations/<str:public_id>/invoices/", invoices.client_invoices, name="client-invoices"),
    path("organisations/<str:public_id>/payments/", payments.client_payments, name="client-payments"),
    path("organisations/<str:public_id>/billing/", settings.particulars, name="particulars"),
    path("settings/invoicing/", settings.invoicing, name="settings"),
    path("settings/taxes/", settings.tax_new, name="tax-new"),
    path("settings/taxes/<str:public_id>/retire/", settings.tax_retire, name="tax-retire"),
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
    # The books
    path("statements/<str:public_id>/", books.statement, name="statement"),
    path("statements/<str:public_id>/statement.pdf", books.statement_pdf, name="statement-pdf"),
    path("statements/<str:public_id>/statement.csv", books.statement_csv, name="statement-csv"),
    path("books/", books.books, name="books"),
    path("books/invoices.csv", books.books_csv, {"what": "invoices"}, name="books-invoices"),
    path("books/payments.csv", books.books_csv, {"what": "payments"}, name="books-payments"),
]
