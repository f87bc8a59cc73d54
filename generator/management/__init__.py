"""Startup and supervision: the supervisor and its processes, backup and restore, commands, demo data."""
