"""Every endpoint there is."""

from typing import Any

from synth.api import edits, files, find, inspect, lab, map, outline, past, places, review, runs, shapes, sweeps, tidy
from synth.api.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    *edits.ENDPOINTS,
    *files.ENDPOINTS,
    *find.ENDPOINTS,
    *inspect.ENDPOINTS,
    *lab.ENDPOINTS,
    *map.ENDPOINTS,
    *outline.ENDPOINTS,
    *past.ENDPOINTS,
    *places.ENDPOINTS,
    *review.ENDPOINTS,
    *runs.ENDPOINTS,
    *shapes.ENDPOINTS,
    *sweeps.ENDPOINTS,
    *tidy.ENDPOINTS,
)
