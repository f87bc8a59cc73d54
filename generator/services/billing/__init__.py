"""Money: the ledger, budgets, suspensions, reconciliation with providers, and the audit log.

Only `ledger` adds ledger entries. Figures, statements and exports are in `reports`.
"""
