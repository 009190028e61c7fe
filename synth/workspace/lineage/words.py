"""Who made a record, with what, and what it came to, in words. Unknown is said, never shown as 0."""

from synth.records import Made, Spend

_INSTANT = 0.005
"""Seconds that are not worth saying."""


def facts(made: Made | None, seconds: float | None, runs: tuple[str, ...]) -> str:
    """Engine, prompt, parameters, tokens, cost, time and runs; empty where there is nothing to say."""
    parts = _asked(made) if made is not None else []
    if seconds is not None and seconds >= _INSTANT:
        parts.append(f"{seconds:.2f} s")
    if made is not None and made.at:
        parts.append(made.at)
    if runs:
        parts.append(f"run {', '.join(runs)}")
    return " · ".join(parts)


def bill(spend: Spend) -> str:
    """What it cost, and for how many calls and tokens."""
    if not spend.calls and not spend.hits:
        return "no engine was asked"
    return f"{money(spend)}, {spent(spend)}"


def _asked(made: Made) -> list[str]:
    parts = [f"{made.engine}/{made.model}", f"prompt {made.prompt} {made.prompt_hash}", _parameters(made)]
    if made.engine != "offline":
        given, written = _number(made.prompt_tokens), _number(made.completion_tokens)
        parts.append(f"tokens {given} in, {written} out")
        cost = "unknown" if made.cost is None else f"{made.cost:.6g}"
        parts.append(f"cost {cost}")
    if made.calls is not None and made.calls > 1:
        parts.append(f"{made.calls} calls")
    if made.hits:
        parts.append(f"{made.hits} from kept replies")
    return parts


def _parameters(made: Made) -> str:
    said = [f"temperature {made.temperature:g}"]
    if made.top_p is not None:
        said.append(f"top_p {made.top_p:g}")
    if made.max_tokens is not None:
        said.append(f"at most {made.max_tokens:,} tokens")
    if made.structured:
        said.append("as JSON")
    return ", ".join(said)


def money(spend: Spend) -> str:
    """What it cost, in the currency of the prices."""
    if spend.money is None:
        return "cost unknown"
    more = f" and {_calls(spend.unpriced)} of unknown cost" if spend.unpriced else ""
    return f"cost {spend.money:.6g}{more}"


def spent(spend: Spend) -> str:
    """Calls and tokens."""
    said = _calls(spend.calls)
    if spend.hits:
        said += f", {spend.hits:,} answered from kept replies"
    if spend.calls and spend.unmeasured == spend.calls:
        return f"{said}, tokens unknown"
    if spend.input_tokens or spend.output_tokens:
        said += f", {spend.input_tokens:,} tokens in and {spend.output_tokens:,} out"
    return said + (f", those of {_calls(spend.unmeasured)} unknown" if spend.unmeasured else "")


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _calls(number: int) -> str:
    return f"{number:,} call{'' if number == 1 else 's'}"
