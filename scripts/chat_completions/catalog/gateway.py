"""A gateway and its models, as a YAML file of references/gateways/ describes them.

All types of the catalog are named tuples, not frozen dataclasses: as immutable, and created in a fifth of the time,
which a cold start notices.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chat_completions.catalog.protocol import Parameter
from chat_completions.json_values import EMPTY, NO_NAMES, JsonObject


class Evidence(NamedTuple):
    """Where a fact was read, on which day, and how far it can be trusted."""

    source: str
    date: str
    confidence: str


class Auth(NamedTuple):
    """An authentication scheme: `header: prefix + key`, the key named by its environment variable.

    `protocols` are those that use it by default; none stands for all. An empty `key` stands for a gateway that asks
    for none; with `optional` the variable may be unset, and then no such header is sent.
    """

    name: str
    key: str
    header: str = "Authorization"
    prefix: str = "Bearer "
    protocols: Sequence[str] = ()
    source: str = ""
    optional: bool = False


class Endpoint(NamedTuple):
    """One path of a gateway, appended to its base URL.

    `poll_path` is asked afterwards for the state of a task, `result_paths` are the dotted paths of the wanted value
    in a reply, in order of preference, `kinds` the kinds of task that it serves (none stands for all), `query` the
    parameters that its address always has.
    """

    name: str
    path: str
    source: str = ""
    note: str = ""
    poll_path: str = ""
    result_paths: Sequence[str] = ()
    kinds: Sequence[str] = ()
    query: Mapping[str, str] = NO_NAMES


class ModelFacts(NamedTuple):
    """What the maker of a model says of it: life cycle, limits, list price and parameters that it refuses.

    `price` is US dollars per million tokens, input then output. `mutually_exclusive` are pairs of parameters of
    which the model takes one.
    """

    retired: str = ""
    shutdown_date: str = ""
    successor: str = ""
    context: int | None = None
    output: int | None = None
    input: Sequence[str] = ()
    tools: bool | None = None
    price: Sequence[float] = ()
    unsupported_parameters: Sequence[str] = ()
    mutually_exclusive: Sequence[Sequence[str]] = ()

    @property
    def status(self) -> str:
        """Return when the maker switched the model off or will, or an empty text."""
        return f"retired {self.retired}" if self.retired else self.shutdown_date and f"ends {self.shutdown_date}"


class ModelFactTable(NamedTuple):
    """The facts of every model that is known, and where they were read."""

    models: Mapping[str, ModelFacts]
    sources: Mapping[str, Evidence]


class Model(NamedTuple):
    """What is known of one model id at one gateway.

    `protocols` are those on which it is known to answer, `documented_protocol` the one that the documentation names.
    """

    id: str
    source: str = ""
    note: str = ""
    guidance: str = ""
    protocols: Sequence[str] = ()
    documented_protocol: str = ""
    facts: ModelFacts = ModelFacts()


class Recommendation(NamedTuple):
    """The models that a gateway offers for a kind of task or a priority, the preferred one first."""

    models: Sequence[str]
    source: str = ""


class Note(NamedTuple):
    """A documented fact for people who read the references."""

    topic: str
    text: str
    source: str


class LastCheck(NamedTuple):
    """What the user's own last `check` of a gateway listed, and when."""

    date: str
    listed: Sequence[str]


class Gateway(NamedTuple):
    """One gateway, as its YAML file describes it.

    The mappings `recommended_models`, `parameters`, `default_body` and `stream_default` are by protocol. `headers`
    have fixed values, `extra_keys` travel beside the one of `auth`; `allow_http` takes a public host without TLS.
    """

    id: str
    name: str
    env_prefix: str
    base_url: str
    auth: Sequence[Auth]
    endpoints: Mapping[str, Sequence[Endpoint]]
    sources: Mapping[str, Evidence]
    recommended_models: Mapping[str, Mapping[str, Recommendation]]
    models: Mapping[str, Model]
    model_facts: ModelFactTable
    parameters: Mapping[str, Mapping[str, Parameter]]
    default_body: Mapping[str, JsonObject] = EMPTY
    stream_default: Mapping[str, bool] = EMPTY
    error_hints: Mapping[str, str] = NO_NAMES
    unreliable: Sequence[str] = ()
    extra_fields: Sequence[str] = ()
    undocumented: Sequence[str] = ()
    warnings: Sequence[str] = ()
    models_complete: bool = False
    protocol_note: str = ""
    notes: Sequence[Note] = ()
    last_check: LastCheck | None = None
    headers: Mapping[str, str] = NO_NAMES
    extra_keys: Sequence[Auth] = ()
    allow_http: bool = False

    def model(self, id_: str) -> Model:
        """Return what is known of a model here: for an id that is not listed, only its maker's facts."""
        return self.models.get(id_) or Model(id_, facts=self.model_facts.models.get(id_, ModelFacts()))
