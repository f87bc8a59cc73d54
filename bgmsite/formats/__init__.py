"""How dates and times are written, one package per language; a language without one has Django's formats."""
