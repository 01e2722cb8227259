"""The kinds of files of this floor: columns, headers in three languages, row rules; each declares itself.

Every module laid here is read as the app starts.
"""

from importlib import import_module
from pkgutil import iter_modules

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
