"""One-bar patterns of the players, as data: basses, chords, arpeggios, tunes, and all of them in triple meters.

Times and lengths in beats. Each pattern has variants; one is drawn per bar.
"""
