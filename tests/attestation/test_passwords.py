"""What is no password: words, names, keyboards and the tricks with them, in three languages."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from attestation.models import User

OWNER = User(
    username="aigul.zhumabekova",
    last_name="Жұмабекова",
    first_name="Айгүл",
    email="tulpar77@example.kz",
)


@pytest.mark.parametrize(
    "password",
    [
        # short
        "xK#9!q$Lw2@",
        # breached, in its disguises
        "Password2026!",
        "P@ssw0rd2026!!",
        "Qwerty123456!",
        "iloveyou-2026",
        # words of the state languages, on the other layout and in Latin letters
        "Қазақстан2026!",
        "Казахстан-2026",
        "Kazakhstan2026!",
        "Құпиясөз-2026!",
        "Аттестация2026",
        "attestatsiya-2026",
        "кадрбөлімі2026",
        "gfhjkmgfhjkm1",
        "gfhjkm-2026-gfhjkm",
        "0fpf0cnfy2026!",
        "Astana-Almaty-2026",
        "Сәуір-Мамыр-2026",
        "Июль2026Июль",
        # one's own name and address
        "aigul-zhumabekova",
        "Жумабекова1985!",
        "Айгуль+Жумабекова",
        "Tulpar77-Tulpar77",
        # keyboards
        "qwertyuiop12",
        "йцукенгшщзхъ",
        "ЙцукенФывап1!",
        "әіңғүұқөһ123",
        "1q2w3e4r5t6y7u",
        # sequences and repeats
        "123456789012",
        "abcdefghijkl",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "ааббввггддее",
    ],
)
def test_it_is_no_password(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, OWNER)


@pytest.mark.parametrize(
    "password",
    [
        "xK#9!q$Lw2@v",
        "correct horse battery staple",
        "kettle-drum-ostrich-9",
        "лейка туман кирпич скрипка",
        "тұман сабын жолақ ине",
        "жаздың-күні-27",
    ],
)
def test_it_is_a_password(password: str) -> None:
    validate_password(password, OWNER)


@pytest.mark.parametrize("password", ["x" * 100_000, "\x00" * 12, "\ud800" * 12, "٣" * 12, " " * 12])
def test_what_no_person_types_is_refused_and_breaks_nothing(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, OWNER)
