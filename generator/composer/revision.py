"""The number of the rules by which pieces are written, played, and mixed."""

# Raised whenever a seed no longer gives the same piece. Pieces of another number cannot be made again: neither their
# stems nor variations of them.
REVISION = 2
