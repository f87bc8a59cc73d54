"""The notes: form, harmony, melody, accompaniment, drums and endings. No sound is rendered here."""
