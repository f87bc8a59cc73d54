"""Mixing and mastering: from notes and sounds to a stereo file, with reverb, EQ and loudness."""
