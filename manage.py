#!/usr/bin/env python
"""Django's command line for the studio; `python3 run.py` calls it with the right environment."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bgmsite.settings")
    os.umask(0o077)  # files of the studio are private: generator/management/file_permissions.py
    try:
        _ = settings.SECRET_KEY  # loads all settings before any command starts
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # an administrator has to fix it
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
