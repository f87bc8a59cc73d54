"""The catalogs of vendors: reading them, importing models, and what changed there since.

`imported` serves the specs of imported models; the rest is for operators. Prices are in `provider_jobs.catalog`.
"""
