"""The finishing room of a track, and the part of the create form that shows what a project already has."""
