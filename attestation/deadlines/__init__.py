"""The ledger of deadlines: counted once, kept, held back, made good after an outage."""
