"""What ACCEPTED_RISKS may name, in words; config/checks.py says when each is at stake."""

from django.utils.translation import gettext_lazy as _

RISKS = {
    "redis_without_password": _("the queue of tasks has no password"),
    "postgres_without_password": _("the database has no password"),
    "postgres_unencrypted": _("the connection with the database is not encrypted"),
    "postgres_superuser": _("the system has all rights on the database server"),
    "mail_nowhere": _("letters are not sent"),
    "mail_unencrypted": _("the password of the mail server is sent unencrypted"),
    "data_dir_open": _("other accounts of the server can read the attached files"),
}
