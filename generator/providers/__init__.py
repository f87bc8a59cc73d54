"""Where music comes from: one module a provider behind the protocol of `base`, listed by `registry`."""
