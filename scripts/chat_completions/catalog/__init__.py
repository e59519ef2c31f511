"""The facts: YAML files become checked, typed objects once, when they are loaded."""
