"""The assistant speaks first: what is due is claimed, held back where manners say so, and said where people are.

Everything goes through the table of notices: ``claiming`` and the watchers write one row per occurrence under a unique
key, ``speaking`` turns the waiting rows of one colleague into one message in the outbox. Both run in short
transactions, from ``ticks``; any number of processes may do so at once.
"""
