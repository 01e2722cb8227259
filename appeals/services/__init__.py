"""Use cases of appeals (¶21) and of the commission that rules on them: one transaction an act."""
