"""Accounts: who gets in, by what, and which acts need a second administrator."""
