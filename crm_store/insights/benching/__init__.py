"""The insights' models run on any file: `rapport insights-bench`. The columns per task are in docs/insights.md."""
