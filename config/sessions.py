"""Sessions in the database, told apart where Django takes two failures for one (F-D23)."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from config.unavailable import gave_out


class SessionStore(db.SessionStore):
    """Django's own; `SESSION_ENGINE` names this module."""

    def save(self, must_create: bool = False) -> None:
        """Raise the database's own error where it gave out.

        Django calls every failed update an UpdateError, "deleted meanwhile", and answers 400; a session is
        saved after the view, so that this may be said of an act that was committed.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            found = error.__context__
            if found is not None and gave_out(error):
                raise found from found.__cause__  # by the driver's code the page knows that it will pass
            raise
