"""What a server says of a fault is shown without what is not meant for a reader, or would deceive one."""

import pytest
from support.cases import Case
from support.programs import Shape
from support.running import missing
from support.trials import Trial, check

SHAPES = [
    Shape(language, library, stream)
    for language, library in (("javascript", "fetch"), ("javascript", "openai"), ("shell", "curl"), ("nextjs", "route"))
    for stream in (False, True)
]
PAGE = (
    '<!doctype html><head><script>if (a<b) { say("<b>no</b>") }</script>\n<STYLE media=all>b { color: red }</STYLE >'
    "</head><body><styled>Not</styled> today<script src=x></script><script>var rest = 1;"
)
TURNED = {"error": {"message": "pay \u202eon\u202c \u2066today\u2069 only\u200f"}}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ({"status": 403, "type": "text/html", "text": PAGE}, "^Error: HTTP 403: Not today; not allowed"),
        ({"status": 400, "json": TURNED}, "^Error: HTTP 400: pay on today only$"),
    ],
    ids=["page", "turned"],
)
def test_words(shape: Shape, reply: dict[str, object], said: str) -> None:
    if lacking := missing(shape.language, shape.library):
        pytest.skip(f"{shape} needs {lacking}")
    case = Case(id="words", group="words", replies=[reply], exit=1, stderr=[said])
    check([Trial(case, shape)])
