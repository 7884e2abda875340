"""Whole runs, joined from the rooms below: judge models, recipes, engines and coders, and tell what to code next."""
