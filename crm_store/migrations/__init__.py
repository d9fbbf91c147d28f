"""The history of the database's schema, as Alembic revisions; ``crm_store.schema`` runs them."""
