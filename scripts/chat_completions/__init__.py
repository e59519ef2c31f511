"""Complete, runnable programs that call an LLM gateway, from YAML facts and Jinja templates.

A request passes through the package once: `cli.options` reads a ProgramRequest, `planning.resolve` finds the objects
that it names (a Resolution), `planning.plan` decides on the HTTP request (a RequestPlan), and `generate` fills in the
template and returns the Program, which `cli.write` shows.
"""

__version__ = "0.3.0"
