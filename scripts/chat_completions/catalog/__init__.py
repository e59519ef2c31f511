"""The facts: YAML files, loaded once as checked, typed objects."""
