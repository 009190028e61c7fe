"""The offline engine reads code: what it sees in known snippets, what it declines, and that it sees the same again."""

import json
import os
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.models.offline import lexicon
from synth.models.offline.extract import answer_extract_features, answer_pre_extract, extract_paths
from synth.models.offline.phrases import class_phrase, identifier_step, sentence_step, split_identifier
from synth.records import CATEGORIES, FeaturePath
from synth.steps.seeds import read_stdlib
from synth.tree.nested import read_nested
from tests.models.offline.asking import ask

READ_TABLE = '''
def _read_price_table(path, encoding="utf-8"):
    """Reads the price table of a shop.

    Missing files give an empty table.
    """
    prices = {}
    try:
        with open(path, encoding=encoding) as lines:
            for line in lines:
                if not line.strip():
                    continue
                name, _, price = line.partition("=")
                prices[name.strip().lower()] = float(price)
    except FileNotFoundError:
        log.warning("no table at %s", path)
        return {}
    if not prices:
        raise ValueError(f"{path} is empty")
    return dict(sorted(prices.items(), key=lambda item: item[1], reverse=True))
'''

SEARCH = """
def position(values, wanted):
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low
"""

WORKER = '''
class JobRunner(threading.Thread):
    """Runs jobs from a queue."""

    __slots__ = ("_jobs",)

    def __init__(self, jobs):
        super().__init__(daemon=True)
        self._jobs = jobs
        self._lock = threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self._lock.release()

    async def fetch_results(self, timeout):
        for job in self._jobs:
            yield await job.result(timeout)

    @staticmethod
    def digest(text):
        import hashlib
        return hashlib.sha256(text.encode()).hexdigest()
'''


def shown(code: str) -> set[FeaturePath]:
    reply = answer_extract_features(ask("extract_features", code=code, demonstration={}, categories=list(CATEGORIES)))
    return set(read_nested(reply))


def test_a_function_over_a_file_shows_its_steps_its_types_and_its_errors() -> None:
    paths = shown(READ_TABLE)
    assert {
        ("programming language", "Python", "modern syntax", "f-strings"),
        ("workflow", "control steps", "check input first"),
        ("implementation style", "functional", "lambda functions"),
        ("data processing", "text processing", "splitting", "split on first separator"),
        ("file operation", "read file", "read text file"),
        ("error handling", "raise exceptions", "value error"),
        ("error handling", "catch exceptions", "file not found error"),
        ("algorithm", "sorting", "comparison sorting", "built-in sort"),
        ("data processing", "stream processing", "process line by line"),
        ("implementation logic", "loop", "loop over file lines"),
    } <= paths
    names = {path[-1] for path in paths}
    assert {"read price table", "warning logging", "sort by key", "failure logging"} <= names


def test_an_idiom_of_several_statements_is_recognised_by_its_form() -> None:
    paths = shown(SEARCH)
    assert ("algorithm", "searching", "ordered search", "binary search") in paths
    assert ("resource usage", "cpu usage", "logarithmic search") in paths
    assert ("computation operation", "arithmetic", "floor division") in paths
    assert not {path for path in paths if path[0] in ("file operation", "logging", "security", "error handling")}


def test_a_class_shows_its_protocols_dependencies_and_concurrency() -> None:
    paths = shown(WORKER)
    assert {
        ("dependency relations", "threading", "thread"),
        ("dependency relations", "threading", "lock"),
        ("dependency relations", "hashlib", "sha256"),
        ("implementation style", "object-oriented", "class design", "inheritance"),
        ("security", "hashing", "sha256 digest"),
    } <= paths
    names = {path[-1] for path in paths}
    assert {"job runner", "context manager interface", "generator object", "run jobs", "release lock"} <= names


@pytest.mark.parametrize(
    ("code", "feature"),
    [
        ("def f(a, b):\n    while b:\n        a, b = b, a % b\n    return a", "greatest common divisor"),
        ("def f(x):\n    x[0], x[1] = x[1], x[0]", "swap variables"),
        ("def f(n):\n    return 1 if n < 2 else n * f(n - 1)", "direct recursion"),
        ("def f(xs):\n    for x in xs:\n        seen[x] = seen.get(x, 0) + 1", "frequency counting"),
        ("def f(xs):\n    for k, v in xs:\n        groups.setdefault(k, []).append(v)", "grouping by key"),
        (
            "def f(todo):\n    while todo:\n        node = todo.pop()\n        todo.extend(node.next)",
            "depth-first search",
        ),
        ("def f(xs):\n    q = deque(xs)\n    while q:\n        q.append(q.popleft())", "breadth-first search"),
        ("def f(k):\n    if k in cache:\n        return cache[k]", "memo table"),
        ("def f(s):\n    while chunk := s.read(1024):\n        yield chunk", "chunked loop"),
        ("def f(m):\n    match m:\n        case []:\n            pass", "structural pattern matching"),
        ("def f(x):\n    return x & 0xFF ^ x << 2", "bitwise exclusive or"),
        ("def f(q):\n    q.execute('SELECT name FROM users WHERE id = ?')", "SQL"),
        ("async def f(c):\n    async with c as s:\n        await s.go()", "async and await"),
        ("def f(p):\n    return subprocess.run(['ls', p])", "child processes"),
        ("def f():\n    return random.choice([1, 2])", "random choice"),
        ("def f(x):\n    assert x > 0\n    return math.log(x)", "natural logarithm"),
        ("def f():\n    p = argparse.ArgumentParser()\n    p.add_argument('x')", "argument parsing"),
    ],
)
def test_each_of_these_forms_shows_its_feature(code: str, feature: str) -> None:
    assert feature in {path[-1] for path in extract_paths(code)}


def test_a_local_name_is_not_taken_for_a_module() -> None:
    seen = extract_paths("def f(json, data):\n    string = data.lower()\n    return json.dumps(string.strip())")
    assert not [path for path in seen if path[0] == "dependency relations"]


def test_private_names_and_short_forms_do_not_become_features() -> None:
    assert identifier_step("_xfrm_q2") is None
    assert identifier_step("get_qzx") is None
    assert identifier_step("__init__") is None
    assert class_phrase("Q7") is None
    step = identifier_step("_parse_hdr_line")
    assert step is not None
    assert step.phrase == "parse header line"
    closing = identifier_step("close", "conn")
    assert closing is not None
    assert closing.phrase == "close connection"
    stated = sentence_step("Parses an IP address from text.")
    assert stated is not None
    assert stated.phrase == "parse ip address"


def test_identifiers_split_at_humps_and_underscores() -> None:
    assert split_identifier("_HTTPServer2.do_GET") == ("http", "server2", "do", "get")
    assert split_identifier("größteZahl") == ("größte", "zahl")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(:\n    pass", "code does not parse: line 1"),
        ("x = 1\ny = (\n", "code does not parse: line 2"),
        ("", "code holds no statement to read"),
        ("'just text'", "code holds no statement to read"),
        ("x = '\0'", "code does not parse: line 1"),
        ("\ud800 = 1", "code does not parse: line 1"),
        ("#" * 400_001, "code is longer than 400000 characters"),
        ("x = " + "(" * 5000 + ")" * 5000, "code does not parse: line 1"),
        ("    def f():\n  return 1", "code does not parse: line 1"),
    ],
)
@pytest.mark.parametrize("prompt", ["pre_extract", "extract_features"])
def test_text_that_is_not_code_is_declined_with_the_reason(prompt: str, code: str, reason: str) -> None:
    answer = answer_pre_extract if prompt == "pre_extract" else answer_extract_features
    reply = answer(ask(prompt, code=code, demonstration={}, categories=list(CATEGORIES)))
    assert reply.startswith(f"<decline>{reason}")


def test_deep_expressions_are_read_or_declined_but_never_crash() -> None:
    for code in (
        "x = " + "+".join(["a"] * 3000),
        "x = " + ".b".join(["a"] * 3000),
        "if a:\n    x = [" + "not " * 900 + "b]",
    ):
        reply = answer_extract_features(
            ask("extract_features", code=code, demonstration={}, categories=list(CATEGORIES))
        )
        assert reply.startswith(("<begin>", "<decline>"))


def test_a_method_that_keeps_its_indentation_is_read() -> None:
    code = '    def read_lines(self):\n        text = """\nat the margin"""\n        return text.splitlines()\n'
    assert "split lines" in {path[-1] for path in extract_paths(code)}


def test_code_with_an_invalid_escape_is_read_without_a_warning() -> None:
    assert extract_paths('def f(s):\n    return re.sub("\\d", "", s)')


def test_a_huge_class_gives_a_tree_of_bounded_size() -> None:
    code = "class Many:\n" + "".join(
        f"    def get_item_{n}(self):\n        return os.path.join('{n}')\n" for n in range(2000)
    )
    assert len(extract_paths(code)) < 80


def test_unicode_identifiers_are_read() -> None:
    paths = extract_paths("def parse_größe(größe):\n    return größe.split('x')")
    assert ("data processing", "text processing", "splitting", "split text") in paths


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_answered_in_the_reply_format(text: str) -> None:
    reply = answer_extract_features(ask("extract_features", code=text, demonstration={}, categories=list(CATEGORIES)))
    assert reply.startswith("<decline>") or read_nested(reply)


def test_a_feature_goes_where_the_demonstration_keeps_it() -> None:
    demonstration = {"algorithm": {"finding things": ["binary search"]}, "dependency relations": {"standard": ["lock"]}}
    reply = answer_extract_features(
        ask("extract_features", code=SEARCH, demonstration=demonstration, categories=["algorithm"])
    )
    paths = read_nested(reply)
    assert ("algorithm", "finding things", "binary search") in paths
    assert {path[0] for path in paths} == {"algorithm"}


def test_keywords_are_short_and_separated() -> None:
    keywords = answer_pre_extract(ask("pre_extract", code=READ_TABLE)).split(" ## ")
    assert {"read text file", "value error", "split on first separator"} <= set(keywords)
    assert len(keywords) == len(set(keywords))


def test_the_standard_library_shows_every_category_and_thousands_of_features() -> None:
    seeds = read_stdlib().seeds[::8]
    nodes: dict[FeaturePath, int] = {}
    for seed in seeds:
        for path in extract_paths(seed.code):
            for depth in range(1, len(path) + 1):
                nodes[path[:depth]] = nodes.get(path[:depth], 0) + 1
    assert len(seeds) > 200
    assert {path[0] for path in nodes if len(path) > 1} == set(CATEGORIES)
    assert len(nodes) > 1000
    assert {len(path) for path in nodes} >= {1, 2, 3, 4}


def test_the_same_code_shows_the_same_under_any_hash_seed() -> None:
    code = Path(tokenize.__file__).read_text(encoding="utf-8")
    script = (
        "import sys, json; from synth.models.offline.extract import extract_paths; "
        "print(json.dumps(extract_paths(sys.stdin.read())))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script],
            input=code,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert [tuple(path) for path in json.loads(outputs[0])] == extract_paths(code)


def test_every_file_of_the_lexicon_loads_and_is_rich() -> None:
    words = lexicon.vocabulary()
    groups = {category: words.children[(lexicon.near_key(category),)] for category in CATEGORIES}
    assert all(len(names) >= 8 for names in groups.values())
    assert sum(map(len, words.children.values())) > 4000
    assert len(lexicon.verbs()) > 300
    assert len(lexicon.signs()) > 1000


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{", "line 1"), ("[]", "must hold a JSON object"), (None, "cannot be read"), ("\udcff", "not JSON")],
)
def test_a_broken_file_of_the_lexicon_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, complaint: str
) -> None:
    monkeypatch.setattr(lexicon, "LEXICON", tmp_path)
    if text is not None:
        (tmp_path / "broken.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput, match=r"broken\.json") as caught:
        lexicon.load_table("broken")
    assert complaint in str(caught.value)
