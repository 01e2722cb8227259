"""Errors speak the reader's language and name the next step."""

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

pytestmark = pytest.mark.parametrize("language", ["kk", "ru", "en"])
MISSING = {"kk": "Мұндай бет жоқ", "ru": "Такой страницы нет", "en": "There is no such page"}
OLD = {"kk": "Нысан ескіріп қалған", "ru": "Форма устарела", "en": "The form was too old"}
FORBIDDEN = {
    "kk": "Сіздің рөліңіз бұған рұқсат бермейді",
    "ru": "Ваша роль этого не позволяет",
    "en": "Your role does not allow this",
}


def client_in(language: str) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def test_a_page_that_is_not_there(language: str) -> None:
    answer = client_in(language).get("/nowhere/")
    assert answer.status_code == 404
    assert f"<h1>{MISSING[language]}</h1>" in answer.content.decode()
    assert f'lang="{language}"' in answer.content.decode()


def test_a_form_that_is_too_old(language: str) -> None:
    answer = client_in(language).post("/admin/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert f"<h1>{OLD[language]}</h1>" in answer.content.decode()


def test_an_act_that_is_not_allowed(language: str) -> None:
    with translation.override(language):
        assert f"<h1>{FORBIDDEN[language]}</h1>" in render_to_string("403.html")
