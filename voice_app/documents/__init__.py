"""Printable documents: what was heard, on paper that everybody can read, and tagged for who does not see it."""
