from django.urls import path

from outreach.views import contacts, follow_ups, imports, leads

app_name = "outreach"
urlpatterns = [
    path("today/", follow_ups.today, name="today"),
    path("follow-ups/<str:public_id>/", follow_ups.follow_up, name="follow-up"),
    path("follow-ups/<str:public_id>/done/", follow_ups.done, name="follow-up-done"),
    path("follow-ups/<str:public_id>/snooze/", follow_ups.snooze, name="follow-up-snooze"),
    path("follow-ups/<str:public_id>/drop/", follow_ups.drop, name="follow-up-drop"),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/new/", contacts.quick_add, name="quick-add"),
    path("contacts/alike/", contacts.alike, name="alike"),
    path("contacts/export.csv", contacts.export, name="contacts-export"),
    path("contacts/import/", imports.upload, name="import"),
    path("contacts/imports/<str:public_id>/", imports.batch, name="import-batch"),
    path("contacts/imports/<str:public_id>/run/", imports.run, name="import-run"),
    path("contacts/imports/<str:public_id>/undo/", imports.undo, name="import-undo"),
    path("contacts/imports/<str:public_id>/discard/", imports.discard, name="import-discard"),
    path("contacts/<str:public_id>/", contacts.contact, name="contact"),
    path("contacts/<str:public_id>/edit/", contacts.contact_edit, name="contact-edit"),
    path("contacts/<str:public_id>/delete/", contacts.contact_delete, name="contact-delete"),
    path("contacts/<str:public_id>/met/", contacts.meet, name="contact-met"),
    path("contacts/<str:public_id>/touch/", contacts.touch, name="contact-touch"),
    path("contacts/<str:public_id>/step/", contacts.step, name="contact-step"),
    path("leads/", leads.leads, name="leads"),
    path("leads/board/", leads.board, name="board"),
    path("leads/new/", leads.lead_new, name="lead-new"),
    path("leads/<str:public_id>/", leads.lead, name="lead"),
    path("leads/<str:public_id>/edit/", leads.lead_edit, name="lead-edit"),
    path("leads/<str:public_id>/move/", leads.move, name="lead-move"),
    path("leads/<str:public_id>/lose/", leads.lose, name="lead-lose"),
    path("leads/<str:public_id>/rest/", leads.rest, name="lead-rest"),
    path("leads/<str:public_id>/reopen/", leads.reopen, name="lead-reopen"),
    path("leads/<str:public_id>/client/", leads.become_client, name="lead-client"),
    path("leads/<str:public_id>/touch/", leads.touch, name="lead-touch"),
    path("leads/<str:public_id>/step/", leads.step, name="lead-step"),
]
