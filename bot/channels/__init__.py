"""The ways to reach people. A channel only carries: it neither understands nor decides."""
