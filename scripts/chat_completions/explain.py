"""What is said about a program: as notes beside it, as Markdown, as JSON. Pure."""

import json
from pathlib import Path
from typing import Any

from chat_completions import literals
from chat_completions.shapes import Choice, Evidence, Snippet

FENCES = {"py": "python", "mjs": "javascript", "sh": "bash", "tsx": "tsx", "ts": "typescript"}


def notes(snippet: Snippet, output: Path | None) -> str:
    """The lines for stderr: model, reason, caveats, what to set, install and run."""
    choice, file = snippet.choice, _pasted(output or Path(snippet.filename))
    lines = [f"Model: {choice.model or 'none'}, because {choice.because}."]
    if choice.alternatives:
        lines.append(
            f"Alternative: {', '.join(choice.alternatives)} (asked by itself when {choice.model} is missing or down)."
        )
    lines += [f"Caveat: {one}." for one in snippet.caveats]
    lines.append(f"Before: {reminder(snippet)}")
    if snippet.install:
        lines.append(f"Needs: {'; '.join(snippet.install)}")
    lines.append(f"Run: {snippet.run.replace(snippet.filename, file)}")
    return "\n".join(lines) + "\n"


def _pasted(file: Path) -> str:
    """A file's name as a shell takes it, never for an option."""
    return literals.quoted(f"./{file}" if str(file).startswith("-") else str(file))


def reminder(snippet: Snippet) -> str:
    """The shell line that sets the key, or what else is to be done with it."""
    return snippet.before or f'export {snippet.plan.auth.key}="your-key"'


def markdown(snippet: Snippet) -> str:
    """The four-part answer: program, choice, reminder, pictures."""
    choice, fence = snippet.choice, _fence(snippet.code)
    caveats = "".join(f"\n- {one}" for one in snippet.caveats)
    before = f"{'# ' if snippet.before else ''}{reminder(snippet)}"
    needs = "".join(f"{one}\n" if " install " in one else f"# needs {one}\n" for one in snippet.install)
    return (
        f"**1. The program** (`{snippet.filename}`)\n\n"
        f"{fence}{FENCES[snippet.filename.rsplit('.', 1)[1]]}\n{snippet.code}{fence}\n\n"
        f"**2. The model**: {f'`{choice.model}`' if choice.model else 'none'}, because {choice.because}."
        f"{_alternative(choice)}{caveats}\n\n"
        f"**3. Before you run it**\n\n```bash\n{needs}{before}\n{snippet.run}\n```\n\n"
        f"**4. Pictures**: {_pictures(snippet)}\n"
    )


def _pictures(snippet: Snippet) -> str:
    if snippet.plan.kind in ("image", "image-edit"):
        return "saved in the current folder as `image-1.png` and so on, with the extension of their kind."
    return "this program prints text; a picture in the answer is not saved."


def as_json(snippet: Snippet) -> str:
    """One JSON object with everything, for programs."""
    plan, choice = snippet.plan, snippet.choice
    return _dump(
        {
            "schema": 1,
            "code": snippet.code,
            "filename": snippet.filename,
            "language": snippet.language,
            "library": snippet.library,
            "gateway": snippet.gateway,
            "protocol": plan.protocol,
            "task": plan.task,
            "model": choice.model,
            "because": choice.because,
            "stream": plan.stream,
            "alternatives": list(choice.alternatives),
            "caveats": list(snippet.caveats),
            "install": list(snippet.install),
            "run": snippet.run,
            "env": {"key": plan.auth.key, "base_url": plan.base_url_env},
            "evidence": _evidence(choice.evidence),
        }
    )


def choice_json(choice: Choice) -> str:
    """The choice alone, for programs."""
    return _dump(
        {
            "model": choice.model,
            "row": choice.row,
            "because": choice.because,
            "alternatives": list(choice.alternatives),
            "caveats": list(choice.caveats),
            "evidence": _evidence(choice.evidence),
        }
    )


def choice_text(choice: Choice) -> str:
    """The choice alone, for people."""
    lines = [f"Model: {choice.model}", f"Row: {choice.row}", f"Because: {choice.because}"]
    lines.append(f"Alternatives: {', '.join(choice.alternatives) or 'none'}")
    lines += [f"Caveat: {one}" for one in choice.caveats]
    lines += [f"Evidence: {one.source}, {one.date}, confidence {one.confidence}" for one in choice.evidence]
    return "\n".join(lines) + "\n"


def _alternative(choice: Choice) -> str:
    return f" If it is missing or down, `{choice.alternatives[0]}` is asked." if choice.alternatives else ""


def _fence(code: str) -> str:
    """Longer than any run of backticks in the program, so that no text in it ends the block."""
    runs = "".join(one if one == "`" else " " for one in code).split()
    return "`" * max([3, *(len(run) + 1 for run in runs)])


def _evidence(evidence: Any) -> list[dict[str, str]]:
    return [Evidence(*one)._asdict() for one in evidence]


def _dump(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
