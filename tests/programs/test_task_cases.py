"""Tool loops, answers in a fixed format, pictures, lists of models and credits."""

import pytest
from support.case_runner import check_variant
from support.variants import Variant, variants


@pytest.mark.parametrize("variant", variants("tools"), ids=str)
def test_tools(variant: Variant, full: bool, only: str) -> None:
    check_variant(variant, "tools", full=full, only=only)


@pytest.mark.parametrize("variant", variants("structured"), ids=str)
def test_structured(variant: Variant, full: bool, only: str) -> None:
    check_variant(variant, "structured", full=full, only=only)


@pytest.mark.parametrize("variant", variants("image"), ids=str)
def test_images(variant: Variant, full: bool, only: str) -> None:
    check_variant(variant, "images", "image_tasks", full=full, only=only)


@pytest.mark.parametrize("variant", variants("models", "balance"), ids=str)
def test_lists(variant: Variant, full: bool, only: str) -> None:
    check_variant(variant, "lists", full=full, only=only)


@pytest.mark.parametrize("variant", variants("vision"), ids=str)
def test_vision(variant: Variant, full: bool, only: str) -> None:
    check_variant(variant, "vision", full=full, only=only)
