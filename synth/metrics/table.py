"""What every score is called, means, and stands for in the papers: for charts, tooltips and docs."""

from dataclasses import dataclass
from typing import Literal

from synth.metrics import control_flow, features, halstead

Group = Literal[
    "complexity", "control flow", "Halstead (radon)", "Halstead (tokens)", "size", "features", "evolution", "state"
]


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """One score name."""

    name: str
    title: str
    """For an axis or a column head."""
    group: Group
    meaning: str
    """One sentence for a tooltip."""
    paper: str
    """Where the papers have it; empty where they do not."""


_HALSTEAD = {
    "unique_operators": ("Unique operators", "Distinct operators, n1."),
    "unique_operands": ("Unique operands", "Distinct operands, n2."),
    "total_operators": ("Total operators", "All operators, N1."),
    "total_operands": ("Total operands", "All operands, N2."),
    "length": ("Program length", "N = N1 + N2."),
    "vocabulary": ("Vocabulary", "n = n1 + n2."),
    "volume": ("Volume", "V = N log2 n."),
    "difficulty": ("Difficulty", "D = n1 / 2 x N2 / n2."),
    "effort": ("Effort", "E = D x V."),
    "time": ("Programming time, s", "T = E / 18."),
    "bugs": ("Predicted bugs", "B = V / 3000."),
}

_CONTROL = {
    "if": "`if` and `elif` statements; conditional expressions do not count.",
    "while": "`while` loops.",
    "for": "`for` statements; comprehensions do not count.",
    "and": "`and` operators.",
    "or": "`or` operators.",
    "except": "`except` handlers.",
    "return": "`return` statements.",
    "break": "`break` statements.",
    "continue": "`continue` statements.",
    "bool_op": "Boolean expressions; `a and b and c` is one.",
}


def _halstead_rows(prefix: str, group: Group, basis: str) -> tuple[MetricInfo, ...]:
    return tuple(
        MetricInfo(
            name=f"{prefix}_{column}",
            title=_HALSTEAD[column][0],
            group=group,
            meaning=f"{_HALSTEAD[column][1]} {basis}",
            paper="EpiCoder Table 2" if number < 4 else "EpiCoder Table 11",
        )
        for number, column in enumerate(halstead.COLUMNS)
    )


METRICS: tuple[MetricInfo, ...] = (
    MetricInfo(
        "cyclomatic",
        "Cyclomatic complexity",
        "complexity",
        "radon's total of each file, summed; closures are left out.",
        "EpiCoder Table 12",
    ),
    MetricInfo(
        "cyclomatic_max",
        "Most complex function",
        "complexity",
        "Largest cyclomatic complexity of one function, by radon.",
        "",
    ),
    MetricInfo(
        "cyclomatic_mean",
        "Mean function complexity",
        "complexity",
        "Mean cyclomatic complexity of the functions, by radon.",
        "",
    ),
    *(
        MetricInfo(f"control_{column}", f"{column}", "control flow", _CONTROL[column], "EpiCoder Table 13")
        for column in control_flow.COLUMNS
    ),
    *_halstead_rows(
        "halstead_radon", "Halstead (radon)", "Counts arithmetic, boolean and comparison operators only, as radon does."
    ),
    *_halstead_rows(
        "halstead_token", "Halstead (tokens)", "Counts every keyword, operator, bracket pair, name and value."
    ),
    MetricInfo("lines", "Lines", "size", "All lines of the Python files.", ""),
    MetricInfo("lines_code", "Lines of code", "size", "Without blank lines, comments and docstrings.", ""),
    MetricInfo("functions", "Functions", "size", "Functions and methods, nested ones too; lambdas do not count.", ""),
    MetricInfo("classes", "Classes", "size", "Classes, nested ones too.", ""),
    MetricInfo("files", "Files", "size", "Python files of the solution, tests not counted.", ""),
    *(
        MetricInfo(
            features.column(category),
            category.capitalize(),
            "features",
            f"Leaf features drawn from the category {category}.",
            "EpiCoder Table 15",
        )
        for category in features.COUNTED
    ),
    MetricInfo(
        "features_total",
        "All features",
        "features",
        "Leaf features drawn from the sixteen categories.",
        "EpiCoder Table 15",
    ),
    MetricInfo(
        "challenge", "Challenge", "evolution", "1 to 10, judged by the engine with a reason.", "Tree-of-Evolution 3.3"
    ),
    MetricInfo(
        "diversity",
        "Diversity",
        "evolution",
        "10 x cosine distance to the nearest among the most challenging instructions of the other trees.",
        "Tree-of-Evolution 3.3",
    ),
    MetricInfo(
        "unparsed",
        "Unparsed",
        "state",
        "1 where the running Python cannot read the code, which then has no other score.",
        "",
    ),
)
