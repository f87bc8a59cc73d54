"""Library pages: the workspace, the track list, tracks and their files, variations, sharing."""
