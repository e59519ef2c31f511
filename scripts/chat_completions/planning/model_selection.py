"""Pick a model: the gateway's recommendation for the kind of task, else for the priority."""

from collections.abc import Sequence

from chat_completions.catalog.gateway import Evidence, Gateway, LastCheck, Model, Recommendation
from chat_completions.catalog.load import load_decision_table
from chat_completions.catalog.types import Rule, Task
from chat_completions.errors import BadInput, NotOffered, nearest
from chat_completions.planning.types import ModelChoice, ProgramRequest

TYPO = 0.8  # an id that is this similar to a known one is a typing error
NAMED = Rule("named", "you named it")
NO_MODEL = ModelChoice(model="", rule="", reason="this task uses no model")


def select_model(
    request: ProgramRequest, gateway: Gateway, task: Task, protocols: Sequence[str]
) -> tuple[str, ModelChoice]:
    """Return the first of the protocols on which the gateway has a model for the task, and that model.

    Raises what the first protocol raises, where none has.
    """
    if not task.uses_model:
        return protocols[0], NO_MODEL
    refusals = []
    for protocol in protocols:
        try:
            return protocol, _select_on(protocol, request, gateway, task)
        except NotOffered as problem:
            refusals.append(problem)
    raise refusals[0]


def _select_on(protocol: str, request: ProgramRequest, gateway: Gateway, task: Task) -> ModelChoice:
    """Return the model that was named, or that of the first rule for which the gateway recommends one.

    Raises NotOffered when the gateway recommends none on this protocol, or when the model does not answer there;
    BadInput for a name with a typing error, or a placeholder that is not filled in.
    """
    if request.model is not None:
        rule, recommendation = NAMED, Recommendation([request.model])
        notes = _notes_on_name(request.model, gateway)
    else:
        rule, recommendation = _recommendation(request, gateway, task, protocol)
        notes = []
        if rule.id == "balanced" and request.priority != "balanced":
            notes = [f"{gateway.name} names no model for the priority {request.priority!r}, so it has no effect"]
    id_, *alternatives = _listed_first(recommendation.models, gateway.last_check)
    model = gateway.model(id_)
    notes = [*_life_cycle(model), *notes, *_missing_in_last_check(recommendation.models, gateway)]
    notes += _notes(gateway, model, task, protocol)
    notes += [note for alternative in alternatives[:1] for note in _life_cycle(gateway.model(alternative))]
    evidence = _evidence(gateway, model, recommendation.source)
    return ModelChoice(id_, rule.id, rule.reason, tuple(alternatives), notes, evidence)


def _recommendation(
    request: ProgramRequest, gateway: Gateway, task: Task, protocol: str
) -> tuple[Rule, Recommendation]:
    recommended = gateway.recommended_models.get(protocol, {})
    rule = next((rule for rule in _rules(task.kind, request.priority) if rule.id in recommended), None)
    if rule is None:
        raise NotOffered(
            f"{gateway.name} has no model for {task.id!r} on {protocol!r}.",
            f"Name one with --model; known here: {', '.join(gateway.models) or 'none'}.",
        )
    model = _listed_first(recommended[rule.id].models, gateway.last_check)[0]
    if model.startswith("YOUR-"):
        hint = f"Replace {model} with yours, or name it with --model."
        raise BadInput(f"The file of the gateway {gateway.id!r} names no model yet.", hint)
    return rule, recommended[rule.id]


def _rules(kind: str, priority: str) -> list[Rule]:
    """Return the rules that apply, in order; `balanced` is there for every priority that a gateway does not know."""
    table = load_decision_table()
    by_kind = [rule for rule in table.kinds if kind in rule.kinds]
    if any(rule.required for rule in by_kind):
        return by_kind
    priorities = dict.fromkeys((priority, "balanced"))
    return [*by_kind, *(rule for id_ in priorities for rule in table.priorities if rule.id == id_)]


def _notes_on_name(id_: str, gateway: Gateway) -> list[str]:
    """Return a note on a model that is not known at the gateway; BadInput where its name is a typing error."""
    if id_ in gateway.models:
        return []
    typo = nearest(id_, gateway.models, TYPO)
    if gateway.models_complete and typo:
        raise BadInput(
            f"{gateway.name} has no model called {id_!r}.",
            f"Did you mean {typo!r}? A model that is new there needs a gateway file of your own.",
        )
    return ["this model is not among those known here: check it with the gateway"]


def _notes(gateway: Gateway, model: Model, task: Task, protocol: str) -> list[str]:
    """Return the notes on a model at a gateway; NotOffered where it does not answer on the protocol."""
    notes = [model.note] if model.note else []
    if model.protocols and protocol not in model.protocols:
        if protocol != model.documented_protocol:
            raise NotOffered(
                f"{gateway.name} serves {model.id} on {', '.join(model.protocols)}, not on {protocol}.",
                "Leave --model out to get the recommended one.",
            )
        notes.append(gateway.protocol_note)
    notes += [reason for _, reason in model.refusals]
    if task.id in gateway.undocumented:
        notes.append(f"{task.id} is not documented by {gateway.name}")
    return [*notes, *gateway.warnings]


def _listed_first(models: Sequence[str], last_check: LastCheck | None) -> list[str]:
    """Return the models in their order, but those first that the gateway listed when the user checked it."""
    return sorted(models, key=lambda model: model not in last_check.listed) if last_check else list(models)


def _missing_in_last_check(models: Sequence[str], gateway: Gateway) -> list[str]:
    """Return a note on the models that the user's own check did not find, with its date and its effect."""
    check = gateway.last_check
    missing = [model for model in models if check and model not in check.listed]
    if not check or not missing:
        return []
    note = f"{gateway.name} did not list {' and '.join(missing)} when you checked it on {check.date}"
    moved = models[0] in missing and len(missing) < len(models)
    return [f"{note}, so {_listed_first(models, check)[0]} is preferred" if moved else note]


def _evidence(gateway: Gateway, model: Model, source: str) -> list[Evidence]:
    """Return the sources: the user's own check, the recommendation's, the model's, then the maker's."""
    check, facts, of_makers = gateway.last_check, model.facts, gateway.model_facts.sources
    evidence = [Evidence("your own check of the gateway", check.date, "high")] if check else []
    evidence += [gateway.sources[name] for name in dict.fromkeys((source, model.source)) if name in gateway.sources]
    if facts.retired or facts.shutdown_date:
        evidence.append(of_makers["life"])
    if facts.unsupported_parameters or facts.mutually_exclusive:
        evidence.append(of_makers["facts"])
    return evidence


def _life_cycle(model: Model) -> list[str]:
    """Return when the model's maker switched it off, or will."""
    facts = model.facts
    successor = f"; its successor is {facts.successor}" if facts.successor else ""
    if facts.retired:
        return [f"its maker retired {model.id} on {facts.retired}{successor}: the gateway may still serve it"]
    return [f"its maker switches {model.id} off on {facts.shutdown_date}{successor}"] if facts.shutdown_date else []
