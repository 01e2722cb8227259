"""Accounts: passwords, addresses, names. Nobody chooses another's password. Ours, not the order's."""
