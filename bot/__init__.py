"""How people reach the assistant: channels, the turn pipeline, dialogue, scheduler and command line."""
