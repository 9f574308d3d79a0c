"""The application on the twins of the bindings and on the sandbox, in one process."""
