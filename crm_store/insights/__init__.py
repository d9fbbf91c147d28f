"""What the records add up to: totals, forecasts, results and changes, over what the actor of the session may see."""
