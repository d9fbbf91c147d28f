"""What a customer will still bring: how often they will buy again, for how much, and what that is worth today."""
