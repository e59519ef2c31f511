"""The whole job in an agent's context stays small."""

import measure_context


def test_the_whole_job_is_small() -> None:
    parts = measure_context.measure()
    assert len(parts) == 3
    assert min(parts.values()) > 0
    assert sum(parts.values()) <= measure_context.MOST


def test_the_estimate_is_on_the_high_side() -> None:
    assert measure_context.tokens("abc" * 100) == 100
    assert measure_context.tokens("你好") == 3
