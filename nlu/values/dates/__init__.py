"""The grammar of temporal expressions: points, ranges, lengths and repetitions."""
