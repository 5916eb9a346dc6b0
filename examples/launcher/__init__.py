"""Starts Gatehouse and the sample applications together, with nothing but the standard library."""
