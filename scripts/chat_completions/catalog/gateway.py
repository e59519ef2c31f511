"""A gateway and its models, as a YAML file of references/gateways/ describes them.

All types of the catalog are named tuples, not frozen dataclasses: as immutable, and created in a fifth of the time,
which shortens a cold start.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chat_completions.catalog.types import EMPTY, JsonObject, Parameter


class Evidence(NamedTuple):
    """Where a fact was read, on which day, and how far it can be trusted."""

    source: str
    date: str
    confidence: str


class Auth(NamedTuple):
    """An authentication scheme: the header is `prefix` followed by the key."""

    name: str
    key_env: str  # the environment variable that holds the key; empty where the gateway needs none
    header: str = "Authorization"
    prefix: str = "Bearer "
    protocols: Sequence[str] = ()  # use it by default; empty: all
    source: str = ""
    optional: bool = False  # the variable may be unset, and then the header is not sent


class Endpoint(NamedTuple):
    """One path of a gateway, appended to its base URL."""

    name: str
    path: str  # may hold {model}
    source: str = ""
    note: str = ""
    poll_path: str = ""  # where the state of a task is polled
    result_paths: Sequence[str] = ()  # dotted paths of the result in a reply, the preferred one first
    kinds: Sequence[str] = ()  # kinds of task that it serves; empty: all
    query: Mapping[str, str] = EMPTY  # query parameters of every request
    stream_lacks: Sequence[str] = ()  # events of the protocol that its streams may leave out


class ModelFacts(NamedTuple):
    """Facts about a model from its maker; dates are YYYY-MM-DD, empty where unknown."""

    retired: str = ""
    shutdown_date: str = ""
    successor: str = ""
    context: int | None = None  # tokens
    output: int | None = None  # tokens
    input: Sequence[str] = ()
    tools: bool | None = None
    price: Sequence[float] = ()  # US dollars per million tokens: input, output
    unsupported_parameters: Sequence[str] = ()
    mutually_exclusive: Sequence[Sequence[str]] = ()  # pairs of parameters of which it accepts one

    @property
    def status(self) -> str:
        """Return when the maker switched the model off or will, or an empty text."""
        return f"retired {self.retired}" if self.retired else self.shutdown_date and f"ends {self.shutdown_date}"


class ModelFactTable(NamedTuple):
    """The facts of every model that is known, and where they were read."""

    models: Mapping[str, ModelFacts]
    sources: Mapping[str, Evidence]

    def of(self, id_: str) -> ModelFacts:
        """Return the facts of a model; of an unknown one, that nothing is known."""
        return self.models.get(id_, ModelFacts())


class Model(NamedTuple):
    """What is known of one model id at one gateway."""

    id: str
    source: str = ""
    note: str = ""
    guidance: str = ""  # what it is recommended for
    protocols: Sequence[str] = ()  # on which it is known to answer; empty: unknown
    documented_protocol: str = ""  # the one that the gateway's documentation names
    unsupported_parameters: Sequence[str] = ()  # that the gateway does not accept for it
    facts: ModelFacts = ModelFacts()

    @property
    def refusals(self) -> list[tuple[Sequence[str], str]]:
        """Return the parameters that the model does not accept, alone or together, with a sentence on each."""
        unsupported = dict.fromkeys((*self.facts.unsupported_parameters, *self.unsupported_parameters))
        alone = [([name], f"{self.id} does not accept {name}") for name in unsupported]
        pairs = [(pair, f"{self.id} accepts {' or '.join(pair)}, not both") for pair in self.facts.mutually_exclusive]
        return [*alone, *pairs]


class Recommendation(NamedTuple):
    """The models that a gateway recommends for a kind of task or a priority, the preferred one first."""

    models: Sequence[str]
    source: str = ""


class LastCheck(NamedTuple):
    """What the user's own last `check` of a gateway listed, and when."""

    date: str
    listed: Sequence[str]


class Gateway(NamedTuple):
    """One gateway, as its YAML file describes it; "by protocol" marks mappings whose keys are protocol ids."""

    id: str
    name: str
    env_prefix: str  # of the variable <PREFIX>_BASE_URL
    base_url: str
    auth: Sequence[Auth]  # the default scheme first
    endpoints: Mapping[str, Sequence[Endpoint]]  # by protocol, the preferred protocol first
    models: Mapping[str, Model]
    model_facts: ModelFactTable
    recommended_models: Mapping[str, Mapping[str, Recommendation]] = EMPTY  # by protocol, then by id of a rule
    sources: Mapping[str, Evidence] = EMPTY
    parameters: Mapping[str, Mapping[str, Parameter]] = EMPTY  # by protocol: additions and changes
    default_body: Mapping[str, JsonObject] = EMPTY  # by protocol: fields of every request
    stream_default: Mapping[str, bool] = EMPTY  # by protocol: whether a request without `stream` is streamed
    error_hints: Mapping[str, str] = EMPTY
    unreliable: Sequence[str] = ()  # features that fail at times, such as `structured`
    extra_fields: Sequence[str] = ()  # fields of a reply that only this gateway has, such as credits
    undocumented: Sequence[str] = ()  # tasks that its documentation does not mention
    warnings: Sequence[str] = ()
    models_complete: bool = False  # `models` lists every model
    protocol_note: str = ""
    notes: Sequence[JsonObject] = ()  # for people who read the references: topic, text and source
    last_check: LastCheck | None = None
    headers: Mapping[str, str] = EMPTY  # fixed headers of every request
    extra_keys: Sequence[Auth] = ()  # sent in addition to the scheme of `auth`
    allow_http: bool = False  # accept a public host without TLS

    @property
    def base_url_env(self) -> str:
        """Return the environment variable that replaces the base URL."""
        return f"{self.env_prefix}_BASE_URL"

    @property
    def all_recommended(self) -> list[str]:
        """Return every model that is recommended for anything."""
        recommendations = [
            recommendation for uses in self.recommended_models.values() for recommendation in uses.values()
        ]
        return list(dict.fromkeys(model for recommendation in recommendations for model in recommendation.models))

    def model(self, id_: str) -> Model:
        """Return what is known of a model here: for an id that is not listed, only its maker's facts."""
        return self.models.get(id_) or Model(id_, facts=self.model_facts.of(id_))
