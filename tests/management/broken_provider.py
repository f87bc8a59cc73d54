"""A provider whose own package is not installed."""

from importlib import import_module

PACKAGE = "a_package_that_nobody_installed"
import_module(PACKAGE)
