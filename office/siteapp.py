"""Django's admin app with our site in the place of the stock one."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Makes `admin.site` the back office."""

    default = False
    default_site = "office.site.BackOffice"
