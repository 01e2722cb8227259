"""The login form: whoever has no role is answered like whoever has no account."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from attestation import clock
from attestation.accounts import tries
from attestation.refusals import Refused


class LoginForm(AuthenticationForm):
    """Unfold's form; a role instead of Django's staff flag, and so many tries."""

    def clean(self) -> dict[str, Any]:
        """Django's, with the try counted: unknown, wrong and switched off are answered alike."""
        data: dict[str, Any] = self.cleaned_data
        name, password = data.get("username"), data.get("password")
        if name is not None and password:
            try:
                self.user_cache = tries.log_in_fits(self.request, name, password, now=clock.now())
            except Refused as refusal:
                raise ValidationError(refusal.message, code=refusal.code) from refusal
            if self.user_cache is None:
                raise self.get_invalid_login_error()
        return data
