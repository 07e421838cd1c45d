"""The list of cases: its filters, what is chosen in it, and the component that shows it."""
