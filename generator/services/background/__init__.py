"""Background work: the tasks of the cluster, claims on work, limits on local work, and nightly housekeeping.

This package enqueues and claims work and prevents it from being done twice. The work itself is in the other packages.
"""
