"""What is made of objectives: their documents and, as they come, budgets, rules and reports."""
