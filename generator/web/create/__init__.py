"""The create pane beyond one request: chips, what models cannot do, presets, the show kit, several briefs."""
