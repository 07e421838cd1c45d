"""The demo: a fictional online shop, its couriers, and about 400 posts on them that were written for this project."""
