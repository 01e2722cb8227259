"""Notices: rows of the outbox, written in the transaction of the act and sent afterwards, at least once."""
