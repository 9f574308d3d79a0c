"""The part of Pyodide the Worker uses."""
