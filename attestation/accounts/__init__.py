"""Accounts: who logs in, from which device, with which second factor."""
