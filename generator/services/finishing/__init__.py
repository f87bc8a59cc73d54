"""The finishing room: recipes over a track, the files they give, and what is known of a track for them."""
