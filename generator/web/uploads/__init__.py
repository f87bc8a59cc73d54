"""Pages of uploads: tracks from elsewhere, stems of a track, and what people state about them."""
