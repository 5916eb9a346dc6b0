"""Acme Payroll: an application that leaves signing in to Gatehouse."""
