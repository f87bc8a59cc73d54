"""The Django project: settings, URLs and entry points. `__version__` is the version of the studio."""

__version__ = "0.1.0"
