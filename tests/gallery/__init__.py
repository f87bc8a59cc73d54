"""A picture of every screen, wide and narrow, light and dark, in every state, for whoever changes a screen.

    python -m tests.gallery FOLDER [--against OLDER_FOLDER] [--only WORD]

No test: the pictures are looked at. With an older gallery, the pictures that differ are listed with the share of their
pixels that changed; whether that is right is for a person to say.
"""
