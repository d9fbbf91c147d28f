"""``python -m crm_store.migrations "what changes"`` drafts the next revision from the models."""

from __future__ import annotations

import sys

from crm_store.schema import write_revision

if __name__ == "__main__":
    write_revision(" ".join(sys.argv[1:]) or sys.exit(__doc__))
