"""A made-up company of any size: who works there, and what they did day by day. Computed, and the same for a seed."""
