"""The language of the pages: chosen in the header, remembered with the account and in a cookie."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as set_language_cookie

Next = Callable[[HttpRequest], HttpResponse]


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language with the account, then let Django set the cookie and send the browser back."""
    code = request.POST.get("language", "")
    if request.user.is_authenticated and code in dict(settings.LANGUAGES):
        get_user_model().objects.filter(pk=request.user.pk).update(language=code)
    return set_language_cookie(request)


def account_language(get_response: Next) -> Next:
    """Pages of somebody logged in speak the account's language, whatever machine they sit at."""

    def answer(request: HttpRequest) -> HttpResponse:
        code = getattr(request.user, "language", "")
        if code in dict(settings.LANGUAGES):
            translation.activate(code)
            request.LANGUAGE_CODE = code
        return get_response(request)

    return answer
