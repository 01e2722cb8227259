"""Errors speak the reader's language and name the next step."""

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation


@pytest.fixture
def client_in(request: pytest.FixtureRequest) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = request.param
    return client


LANGUAGES = pytest.mark.parametrize(
    ("client_in", "language"), [("kk", "kk"), ("ru", "ru"), ("en", "en")], indirect=["client_in"]
)
MISSING = {"kk": "Бет табылмады", "ru": "Страница не найдена", "en": "Page not found"}
STALE = {
    "kk": "Форма енді жарамсыз",
    "ru": "Форма больше не действительна",
    "en": "The form is no longer valid",
}


@LANGUAGES
def test_a_page_that_is_not_there(client_in: Client, language: str) -> None:
    answer = client_in.get("/nowhere/")
    assert answer.status_code == 404
    assert f"<h1>{MISSING[language]}</h1>" in answer.content.decode()
    assert f'lang="{language}"' in answer.content.decode()


@LANGUAGES
def test_a_form_that_is_too_old(client_in: Client, language: str) -> None:
    answer = client_in.post("/admin/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert f"<h1>{STALE[language]}</h1>" in answer.content.decode()


@pytest.mark.parametrize("page", ["403.html", "500.html"])
def test_pages_without_a_request_are_whole_too(page: str) -> None:
    with translation.override("kk"):
        assert 'href="/"' in render_to_string(page)
