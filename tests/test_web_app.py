"""A real Next.js app, built from written files, driven in a real browser against a scripted gateway."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_completions.generate import generate_program
from playwright.sync_api import Locator, Page, expect
from support.next_app import KEY, QUESTION, SYSTEM, serve_app, what_browsers_get
from support.protocols import PROTOCOLS, answer_body, answer_chunks, event_text
from support.replies import Reply
from support.serving import Server
from support.variants import Variant, request
from support.web import SDK, bundle, chromium, document, needs

ANSWER = "Hello there, it is good to meet you!"
STREAM = [("content-type", "text/event-stream")]
JSON = [("content-type", "application/json")]
REFUSED = Reply(401, JSON, json.dumps({"error": {"message": f"no such key: {KEY}"}}).encode())


@pytest.fixture(scope="module")
def gateway() -> Iterator[Server]:
    with Server([]) as server:
        yield server


@pytest.fixture(scope="module")
def address(next_app: Path, gateway: Server) -> Iterator[str]:
    with serve_app(next_app, gateway) as url:
        yield url


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 800, "height": 600})
        page.set_default_timeout(20_000)
        expect.set_options(timeout=20_000)
        yield page


@pytest.fixture
def chat(browser_page: Page, address: str, gateway: Server) -> Page:
    gateway.requests.clear()
    browser_page.goto(f"{address}/stream")
    return browser_page


def send(page: Page, text: str | None = None) -> None:
    if text is not None:
        page.get_by_label("Message").fill(text)
    page.get_by_role("button", name="Send").click()


def messages(page: Page) -> list[str]:
    """Return what stands in the history, as `role: text`."""
    return page.locator("main > p:not([role])").all_text_contents()


def last(page: Page) -> Locator:
    """Return the last message."""
    return page.locator("main > p:not([role])").last


def alert(page: Page) -> str:
    """The one line that says what went wrong."""
    alert = page.locator("p[role=alert]")
    expect(alert).to_be_visible()
    return alert.inner_text()


def pieces(*texts: str) -> list[bytes]:
    """These pieces of an answer, one chunk each."""
    return [event_text(item).encode() for text in texts for item in PROTOCOLS["openai-chat"].text(text)]


def failure(message: str) -> list[bytes]:
    """The event that tells a failure, or nothing without message."""
    return [event_text(item).encode() for item in PROTOCOLS["openai-chat"].failure(message)] if message else []


def test_a_message_goes_out_and_the_answer_comes_piece_by_piece(chat: Page, gateway: Server) -> None:
    gateway.replies = [Reply(200, STREAM, chunks=answer_chunks({"text": ANSWER}), pause=0.5)]
    send(chat)
    expect(chat.locator("button")).to_be_disabled()
    expect(last(chat)).to_have_text(f"assistant: {ANSWER[: len(ANSWER) // 2]}")
    expect(last(chat)).to_have_text(f"assistant: {ANSWER}")
    expect(chat.locator("main")).to_have_attribute("aria-busy", "false")
    expect(chat.get_by_label("Message")).to_have_value("")
    assert messages(chat) == [f"user: {QUESTION}", f"assistant: {ANSWER}"]
    sent = json.loads(gateway.requests[0].body)
    assert sent["messages"] == [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    assert sent["stream"] is True
    assert gateway.requests[0].headers["authorization"] == f"Bearer {KEY}"

    send(chat, "And you?")
    expect(chat.locator("main > p")).to_have_count(4)
    expect(chat.locator("main")).to_have_attribute("aria-busy", "false")
    contents = [message["content"] for message in json.loads(gateway.requests[1].body)["messages"]]
    assert contents == [SYSTEM, QUESTION, ANSWER, "And you?"]


def test_a_finish_reason_on_every_chunk_cuts_nothing(chat: Page, gateway: Server) -> None:
    words = [f"w{number} " for number in range(8)]
    chunks = [{"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": "stop"}]} for word in words]
    events = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    gateway.replies = [Reply(200, STREAM, chunks=[*events, b"data: [DONE]\n\n"], pause=0.1)]
    send(chat)
    expect(last(chat)).to_have_text("assistant: w0 w1 w2 w3 w4 w5 w6 w7")
    expect(chat.locator("p[role=alert]")).to_have_count(0)


def test_an_error_of_the_gateway_is_one_line_without_the_key(chat: Page, gateway: Server) -> None:
    gateway.replies = [REFUSED]
    send(chat, "Are you there?")
    assert alert(chat) == "Error: HTTP 401: no such key: ***"
    assert KEY not in chat.content()
    expect(chat.get_by_label("Message")).to_have_value("Are you there?")
    expect(chat.locator("button")).to_be_enabled()
    assert len(gateway.requests) == 1

    gateway.replies, gateway.requests[:] = [Reply(200, STREAM, chunks=answer_chunks({"text": ANSWER}))], []
    send(chat)
    expect(last(chat)).to_have_text(f"assistant: {ANSWER}")
    expect(chat.locator("p[role=alert]")).to_have_count(0)
    contents = [message["content"] for message in json.loads(gateway.requests[0].body)["messages"]]
    assert contents == [SYSTEM, "Are you there?"], "what failed is not part of the conversation"


@pytest.mark.parametrize(
    ("end", "event", "message"),
    [("cut", "", ""), ("reset", "", ""), ("done", "", "the answer was cut"), ("done", f"dropped {KEY}", "dropped ***")],
    ids=["cut", "reset", "end", "error"],
)
def test_a_cut_answer_stays_with_an_error(chat: Page, gateway: Server, end: str, event: str, message: str) -> None:
    gateway.replies = [Reply(200, STREAM, chunks=[*pieces("Hello ", "there"), *failure(event)], pause=0.1, end=end)]  # type: ignore[arg-type]
    send(chat)
    assert alert(chat).startswith(f"Error: {message}")
    assert KEY not in chat.content()
    assert messages(chat) == [f"user: {QUESTION}", "assistant: Hello there"]
    expect(chat.get_by_label("Message")).to_have_value(QUESTION)


def test_a_handler_that_is_not_there_is_told(browser_page: Page, address: str) -> None:
    browser_page.goto(f"{address}/stream")
    browser_page.route("**/api/stream", lambda route: route.fulfill(status=404, body="<h1>Not found</h1>"))
    send(browser_page)
    error = alert(browser_page)
    browser_page.unroute_all()
    assert error == "Error: HTTP 404 from /api/chat"


def test_whoever_leaves_the_page_ends_the_request(chat: Page, gateway: Server) -> None:
    gateway.replies, gateway.last_byte = [Reply(200, STREAM, chunks=pieces("Hello ") * 20, pause=0.1)], 0
    send(chat)
    expect(last(chat)).to_contain_text("Hello")
    chat.goto("about:blank")
    time.sleep(2.5)  # all of it would have been sent by now
    assert gateway.last_byte == 0


def test_the_answer_in_one_piece(browser_page: Page, address: str, gateway: Server) -> None:
    gateway.replies, gateway.requests[:] = [Reply(200, JSON, answer_body({"text": ANSWER}))], []
    browser_page.goto(f"{address}/plain")
    send(browser_page)
    expect(last(browser_page)).to_have_text(f"assistant: {ANSWER}")
    assert json.loads(gateway.requests[0].body).get("stream") is not True

    gateway.replies = [REFUSED]
    send(browser_page, "And you?")
    assert alert(browser_page) == "Error: HTTP 401: no such key: ***"
    assert KEY not in browser_page.content()


def test_nothing_of_the_server_is_in_what_the_browser_gets(next_app: Path) -> None:
    text = what_browsers_get(next_app)
    assert "/api/stream" in text
    text = text.lower().replace("process.env.next", "")
    for secret in ("AITOLL", "aitoll.net", SYSTEM, "process.env"):
        assert secret.lower() not in text


# A page on the vendor's own package


@pytest.fixture(scope="module")
def vendor(gateway: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    needs("node")
    folder, variant = tmp_path_factory.mktemp("vendor"), Variant("react-ainative-react-sdk")
    facts = request(variant, prompt=QUESTION, system=SYSTEM, base_url=gateway.url)._replace(
        gateway="ainative", protocol=None
    )
    bundle({"page": generate_program(facts).code}, folder, SDK)
    return document(folder, "page")


@pytest.fixture
def vendor_page(browser_page: Page, vendor: str, gateway: Server) -> Iterator[Page]:
    gateway.requests.clear()
    browser_page.route(f"{gateway.url}/page", lambda route: route.fulfill(body=vendor, content_type="text/html"))
    browser_page.goto(f"{gateway.url}/page")
    yield browser_page
    browser_page.unroute_all()


def test_the_vendors_package_answers(vendor_page: Page, gateway: Server) -> None:
    gateway.replies = [Reply(200, JSON, answer_body({"text": ANSWER}), wait=0.5)]
    vendor_page.get_by_label("Key").fill(f" {KEY} ")
    send(vendor_page)
    expect(vendor_page.locator("button")).to_be_disabled()
    expect(last(vendor_page)).to_have_text(f"assistant: {ANSWER}")
    expect(vendor_page.get_by_role("status")).to_contain_text('"total_tokens":27')
    (request,) = gateway.requests
    sent = json.loads(request.body)
    assert request.path == "/api/v1/public/managed-chat/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert sent["messages"] == [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    assert (sent["preferred_model"], sent["stream"]) == ("claude-sonnet-4-6", False)


def test_a_refusal_through_the_vendors_package_is_shown(vendor_page: Page, gateway: Server) -> None:
    answer = json.dumps(PROTOCOLS["openai-chat"].whole({"refusal": "I cannot."})).encode()
    gateway.replies = [Reply(200, JSON, answer)]
    vendor_page.get_by_label("Key").fill(KEY)
    send(vendor_page)
    expect(last(vendor_page)).to_have_text("assistant: I cannot.")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(401, JSON, json.dumps({"detail": f"no such key: {KEY}"}).encode()), "HTTP 401: no such key: ***"),
        (Reply(402, JSON, b'{"detail": "balance is 0"}'), "HTTP 402: balance is 0"),
        (Reply(422, JSON, b'{"detail": [{"msg": "field required"}]}'), "field required"),
        (Reply(500), "HTTP 500"),
        (Reply(200, [("content-type", "text/html")], b"<h1>Sign in</h1>"), ""),
        (Reply(200, JSON, b'{"choices": [], "error": {"message": "melted"}}'), ""),
    ],
    ids=lambda value: "" if isinstance(value, str) else str(value.status),
)
def test_an_error_through_the_vendors_package(vendor_page: Page, gateway: Server, reply: Reply, message: str) -> None:
    gateway.replies = [reply]
    vendor_page.get_by_label("Key").fill(KEY)
    send(vendor_page)
    error = alert(vendor_page)
    assert error.startswith("Error: ")
    assert message in error
    assert KEY not in error
    assert len(gateway.requests) == 1
    expect(vendor_page.get_by_label("Message")).to_have_value(QUESTION)
    expect(vendor_page.locator("button")).to_be_enabled()


def test_without_a_key_the_vendors_package_asks_nothing(vendor_page: Page, gateway: Server) -> None:
    send(vendor_page)
    assert "AINATIVE_JWT" in alert(vendor_page)
    assert gateway.requests == []
