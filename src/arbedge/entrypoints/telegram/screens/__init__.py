"""What people see: one module a screen, each a pure function from a view to text and buttons."""
