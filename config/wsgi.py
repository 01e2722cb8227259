"""The web server's entry."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from config.checks import refuse_unsafe_start  # noqa: E402  it reads the settings, which stand only now
from config.logs import mask_access_log  # noqa: E402

refuse_unsafe_start()
mask_access_log()
