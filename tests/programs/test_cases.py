"""Every printed program meets the cases of its task: faults, streams, public reports, and what the task alone has."""

import pytest
from support.case_runner import check_variant
from support.variants import Variant, variants

TABLES = {
    "chat": ("faults", "streams", "reports"),
    "tools": ("tools", "reports"),
    "structured": ("structured",),
    "vision": ("vision",),
    "image": ("images", "image_tasks"),
    "models": ("lists",),
    "balance": ("lists",),
    "chatbot": ("chatbot",),
    "batch": ("batch",),
}


@pytest.mark.parametrize("variant", variants(*TABLES), ids=str)
def test_cases(variant: Variant, full: bool, only: str) -> None:
    check_variant(variant, *TABLES[variant.task], full=full, only=only)
