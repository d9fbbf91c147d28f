"""The models brought into the store: fitted on its own history, judged on it, and their scores kept for everybody."""
