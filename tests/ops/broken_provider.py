"""A provider whose own package is not installed."""

from importlib import import_module

import_module("a_package_that_nobody_installed")
