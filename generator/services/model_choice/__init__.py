"""Which model to take: what each has done in a project so far, and which one comes next when one is unavailable.

What a model offers and costs is in `provider_jobs.catalog`; requests are checked and placed by `generation`.
"""
