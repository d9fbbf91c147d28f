"""From a question about figures, in words, to a typed query, and from its answer to a report."""
