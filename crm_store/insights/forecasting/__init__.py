"""Time series: which model foresees a history best, what it foresees, and how wrong it was before."""
