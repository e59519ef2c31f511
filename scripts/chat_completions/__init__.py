"""Complete, runnable programs that call an LLM gateway, from YAML facts and Jinja templates."""

__version__ = "0.3.0"
