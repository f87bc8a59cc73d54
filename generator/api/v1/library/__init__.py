"""The library over the API: tracks and their files, stems, mixes, documents, sharing, comments and approval."""
