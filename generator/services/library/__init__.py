"""Finished audio and its files: tracks, renditions, stems, references, copies, share links, approvals."""
