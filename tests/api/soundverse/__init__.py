"""The served Soundverse contract, by real clients."""
