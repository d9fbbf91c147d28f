"""The support desk: promises, assignment, hand-overs and what travels between customers and colleagues.

Everything here works in the unit of work it is given, inside a turn or inside a tick, and knows no channel.
"""
