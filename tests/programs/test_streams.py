"""Programs that stream print the answer as it comes, and tell a whole one from a cut one."""

import pytest
from support.case_runner import check_variant
from support.variants import Variant, variants

STREAMED = [one for one in variants("chat") if one.mode == "stream"]


@pytest.mark.parametrize("variant", STREAMED, ids=str)
def test_streams(variant: Variant, full: bool, only: str) -> None:
    check_variant(variant, "streams", full=full, only=only)
