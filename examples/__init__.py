"""Sample applications that sign people in with Gatehouse; `python -m examples` runs them all."""
