"""The APIs for programs: the studio's own and two vendors' contracts, served by the studio.

    /api/v1/   v1             our own (django-ninja)
    /api/v3/   wavespeed      a client written for WaveSpeed, unchanged; /api/v2/ for older ones
    /v5/       soundverse     a client written for Soundverse, unchanged
    /o/        signed_files   finished files, for anyone with the signed address

All of them identify the caller by an API key (`auth`) and hold no rules: access and services are those of the pages.
"""
