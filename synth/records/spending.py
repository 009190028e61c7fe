"""What asking came to: calls, tokens and money of a step or a run. Unknown is told apart, never taken for 0."""

from synth.records.base import Frozen


class Spend(Frozen):
    """Sums over calls to an engine."""

    calls: int = 0
    """Sent to an engine and answered, or failed for good; those answered from the workspace's replies are not in it."""
    hits: int = 0
    """Questions answered from the workspace's own replies."""
    failed: int = 0
    """Calls without a usable answer of the endpoint, part of `calls`."""
    input_tokens: int = 0
    cached_tokens: int = 0
    """Part of `input_tokens` that the endpoint had read before, as far as it said so."""
    output_tokens: int = 0
    unmeasured: int = 0
    """Calls whose endpoint did not say how many tokens they took: not in the sums of tokens."""
    cost: float = 0.0
    """Of the calls whose cost is known, in the currency of the prices."""
    unpriced: int = 0
    """Calls whose cost is not known: not in `cost`."""

    @property
    def money(self) -> float | None:
        """The cost; None where it is not known of any call."""
        return None if self.unpriced and self.unpriced == self.calls else self.cost

    def __add__(self, other: "Spend") -> "Spend":
        """Both together."""
        return Spend(**{name: getattr(self, name) + getattr(other, name) for name in Spend.model_fields})


def coins(value: float) -> str:
    """An amount of money: cents where it is large, three digits that count where it is small."""
    return f"{value:,.2f}" if value >= 1 or value == 0 else f"{value:.3g}"
