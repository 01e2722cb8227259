"""Order 271 as pure rules: facts, a day and the parameters in; a verdict with its reasons out.

Nothing here imports Django, reads a clock or a setting of the site. Numbers are `int` or `Fraction`; there
is no binary float. What the order does not print is a setting, named by its reading (I-01 … I-30): order.md.
"""
