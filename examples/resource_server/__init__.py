"""Acme Payroll API: a resource server that lets Gatehouse judge each access token."""
