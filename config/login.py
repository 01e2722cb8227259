"""The login form: whoever has no role is answered like whoever has no account."""

from typing import Any

from unfold.forms import AuthenticationForm

from attestation import access


class LoginForm(AuthenticationForm):
    """Unfold's form; a role instead of Django's staff flag."""

    def confirm_login_allowed(self, user: Any) -> None:
        if not access.role_of(user):
            raise self.get_invalid_login_error()
