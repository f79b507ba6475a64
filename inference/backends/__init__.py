"""Backends: one file each, named in the INFERENCE setting by dotted path."""
