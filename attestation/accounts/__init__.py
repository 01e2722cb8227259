"""Accounts: who logs in, from which device, with which password and second factor. Ours, not the order's."""
