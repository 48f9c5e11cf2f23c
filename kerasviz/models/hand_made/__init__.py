"""Networks of hand-made filters."""
