"""Words of no vocabulary: the genre that is nearest in meaning, by an optional sentence encoder."""
