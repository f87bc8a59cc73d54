"""What programs reach: the studio's own API and the two vendors' contracts, served by the studio.

    /api/v1/   v1          our own (django-ninja)
    /api/v3/   wavespeed   a client written for WaveSpeed, unchanged; /api/v2/ for older ones
    /v5/       soundverse  a client written for Soundverse, unchanged
    /o/        outputs     finished files, for whoever holds the signed address

All of them know their caller by an API key (`door`) and hold no rules: access and the workflow are the pages'.
"""
