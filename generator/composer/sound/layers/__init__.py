"""The optional pack of recorded notes in several strengths: contents, builder, and playback.

It is made on the operator's machine from two packages of Debian (contents.py names them). It holds no network code:
generator/services/composer_samples.py fetches them. Without the pack, the composer plays the bundled one.
"""
