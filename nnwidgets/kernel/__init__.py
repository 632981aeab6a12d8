"""The meeting points with a Jupyter kernel: how commands arrive while a cell runs, and how a cell ended."""
