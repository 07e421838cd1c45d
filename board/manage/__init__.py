"""What managers and admins keep: the team, the rules, the templates, the couriers, the model."""
