"""What people reported about gateways and clients does not happen to printed programs."""

import pytest
from support.case_runner import check_variant
from support.variants import Variant, variants


@pytest.mark.parametrize("variant", variants("chat", "tools"), ids=str)
def test_reports(variant: Variant, full: bool, only: str) -> None:
    check_variant(variant, "reports", full=full, only=only)
