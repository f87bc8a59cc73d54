"""The pages: views by subject; templates are grouped by the same subjects. Views contain no business rules: access
rules are in `generator.permissions`, and code that changes records is in `generator.services`.
"""
