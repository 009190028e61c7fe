"""Export: finished samples to files that training tools read, each with a card that says what they are."""

from synth.export.card import CardFacts
from synth.export.dataset import ExportReport, export_samples, preview
from synth.export.rows import FORMS, Form, Row
from synth.export.sample import Sample

__all__ = ["FORMS", "CardFacts", "ExportReport", "Form", "Row", "Sample", "export_samples", "preview"]
