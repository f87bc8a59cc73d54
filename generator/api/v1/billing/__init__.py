"""Money over the API: spend and its ledger lines, budgets and budget requests."""
