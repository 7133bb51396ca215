"""Decorators of steps and flows. `registry` knows them by name; each has a module of its own."""
