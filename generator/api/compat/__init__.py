"""The contracts of other vendors, served by this studio: a program written for one runs against it unchanged.

One folder per contract; none imports another. Keys, files and limits are those of `generator.api`.
"""
