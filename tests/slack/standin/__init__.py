"""A stand-in for Slack: a workspace behind real sockets, for the real Bolt and slack_sdk to talk to."""
