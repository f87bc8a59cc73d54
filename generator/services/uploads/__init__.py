"""Uploads into the library: tracks from elsewhere, stems of tracks, and what people state about them."""
