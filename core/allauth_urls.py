"""The pages of allauth that we use, each by name; all its others answer 404. Its own code asks for these names."""

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes.views import generate_recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path
from django.views.generic import RedirectView

from core.http import staff_required as staff
from core.views.account import recovery_codes, recovery_codes_file

BY_KEY = r"^sign-in/password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

urlpatterns = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/code/", account.request_login_code, name="account_request_login_code"),
    path("sign-in/code/confirm/", account.confirm_login_code, name="account_confirm_login_code"),
    path("sign-in/second-factor/", second_factor.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("sign-in/password/", account.password_reset, name="account_reset_password"),
    path("sign-in/password/sent/", account.password_reset_done, name="account_reset_password_done"),
    path("sign-in/password/set/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(BY_KEY, account.password_reset_from_key, name="account_reset_password_from_key"),
    path("sign-out/", account.logout, name="account_logout"),
    path("account/password/", staff(account.password_change), name="account_change_password"),
    path("account/confirm/", staff(account.reauthenticate), name="account_reauthenticate"),
    path("account/confirm/code/", staff(second_factor.reauthenticate), name="mfa_reauthenticate"),
    path("account/confirm/passkey/", staff(webauthn.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("account/second-factors/", RedirectView.as_view(pattern_name="core:account"), name="mfa_index"),
    path("account/app/", staff(totp.activate_totp), name="mfa_activate_totp"),
    path("account/app/remove/", staff(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/passkeys/", RedirectView.as_view(pattern_name="core:account"), name="mfa_list_webauthn"),
    path("account/passkeys/add/", staff(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/", staff(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove/", staff(webauthn.remove_webauthn), name="mfa_remove_webauthn"),
    path("account/recovery-codes/", recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", staff(generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("account/recovery-codes/file/", recovery_codes_file, name="mfa_download_recovery_codes"),
]
