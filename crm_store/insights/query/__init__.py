"""Reports asked for in words, as typed queries over a documented layer of meaning (docs/reports.md)."""
