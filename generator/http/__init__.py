"""Request and response code that pages, API and admin share: request bodies, connection slots, files with ranges,
documents, the library filter, pagination. Nothing here changes a record. This package may import `generator.services`.
"""
