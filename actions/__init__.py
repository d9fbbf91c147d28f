"""What the assistant can do: one module per skill, knowing neither channel nor engine."""
