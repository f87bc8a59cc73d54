"""Arranging in time: the arc of a style, places that a text names, who plays in which unit, and automation.

Not here: the notes themselves, which every player writes for the whole piece and the arrangement then thins out.
"""
