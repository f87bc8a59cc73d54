"""The Soundverse contract as the studio serves it, tested with real clients."""
