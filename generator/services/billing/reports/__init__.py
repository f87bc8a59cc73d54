"""Read-only billing reports: spend, overview, statements, certificates, CSV and PDF."""
