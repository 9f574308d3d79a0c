"""The database: one repository an aggregate, its SQL in plain sight."""
