"""Programs tell a failure in one line, try again only where that is wanted, and never show the key."""

import pytest
from support.case_runner import check_variant
from support.variants import Variant, variants


@pytest.mark.parametrize("variant", variants("chat"), ids=str)
def test_faults(variant: Variant, full: bool, only: str) -> None:
    check_variant(variant, "faults", full=full, only=only)
