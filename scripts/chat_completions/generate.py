"""The whole generator in two functions: a request in, a program or a choice of model out."""

from chat_completions.catalog.types import Language, Library
from chat_completions.errors import NotOffered
from chat_completions.planning.parameters import read_parameters
from chat_completions.planning.plan import plan_request
from chat_completions.planning.resolve import resolve
from chat_completions.planning.types import ModelChoice, Program, ProgramRequest, RequestPlan
from chat_completions.rendering.environment import render


def generate_program(request: ProgramRequest) -> Program:
    """Return the program for a request, with its notes, and how to install and run it.

    Raises UnknownName and BadInput for what the user got wrong, NotOffered for what does not
    go together, BadData for faults of our own files.
    """
    resolution = resolve(request)
    language, library = resolution.language, resolution.library
    plan, notes = plan_request(resolution)
    # Not code.py or chat.py alone: a file must not shadow a module that it imports.
    filename = f"{resolution.gateway.id}-{resolution.task.id}.{language.extension}"
    return Program(
        code=render(plan, language, library.id),
        filename=filename,
        task=resolution.task.id,
        language=language.id,
        library=library.id,
        gateway=resolution.gateway.id,
        plan=plan,
        choice=resolution.choice,
        notes=notes,
        install=_install_lines(plan, language, library),
        run=" ".join([(library.run or language.run).format(file=filename), *resolution.task.arguments.split()]),
        setup=library.setup.format(key=plan.auth.key_env),
    )


def _install_lines(plan: RequestPlan, language: Language, library: Library) -> list[str]:
    """Return the command that installs the packages of a program, and what else it requires."""
    uses = (plan.protocol, plan.template, *(["stream"] if plan.stream else []))
    packages = [library.more_packages[use] for use in uses if use in library.more_packages]
    command = " ".join([library.install, *packages])
    requirements = library.requirements or language.requirements
    return [line for line in (command, *requirements) if line and line != "npm install"]


def choose_model(request: ProgramRequest) -> ModelChoice:
    """Return the model alone, on the first protocol of the gateway that has one for the task.

    Raises NotOffered for a task without a model, and the errors of `generate_program`.
    """
    resolution = resolve(request)
    task, choice = resolution.task, resolution.choice
    if not task.uses_model:
        raise NotOffered(f"The task {task.id!r} uses no model.", f"Write its program: `write --task {task.id}`.")
    return choice._replace(notes=[*choice.notes, *read_parameters(resolution).notes])
