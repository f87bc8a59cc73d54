"""Remote work: one loop submits and polls jobs, outputs are downloaded, failures back off or trip the circuit breaker.

The wire formats are in `generator.providers`; the money is in `billing`.
"""
