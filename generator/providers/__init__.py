"""Music providers: one module or package per provider, with the protocol in `base` and the list in `registry`."""
