"""The life cycle of a generation: submission, payment from a budget, local or remote production, completion.

Communication with providers is in `provider_jobs`; the handling of finished audio is in `library`.
"""
