"""Keys of the LiteLLM that is recorded, without a database: one good, one of a spent budget, one limited.

LiteLLM calls `known` for every request. The two 401 responses are written here; all other replies are LiteLLM's own.
"""

import os
from typing import Any

import litellm
from litellm.proxy._types import ProxyException, UserAPIKeyAuth


async def known(request: Any, api_key: str) -> Any:  # noqa: ARG001 - LiteLLM passes both
    """Whose key this is, or LiteLLM's own exception."""
    key = (api_key or "").removeprefix("Bearer ")
    if key == os.environ["POOR_KEY"]:
        raise litellm.BudgetExceededError(current_cost=0.02, max_budget=0.01)
    if key == os.environ["BUSY_KEY"]:
        return UserAPIKeyAuth(api_key=key, token=key, key_alias="busy", rpm_limit=1)
    if key == os.environ["GOOD_KEY"]:
        return UserAPIKeyAuth(api_key=key, token=key, key_alias="good")
    reason = "Invalid proxy server token passed." if key else "No api key passed in."
    raise ProxyException(message=f"Authentication Error, {reason}", type="auth_error", param="key", code=401)
