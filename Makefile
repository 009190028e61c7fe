.PHONY: help setup check format test bench screenshots lock
PY := .venv/bin/python

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup:  ## make .venv with the locked versions
	python3 start.py setup

check: setup  ## the gate: format, lint, types, import contracts, tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	python3 start.py test

format: setup  ## format and sort imports
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

test: setup  ## the tests alone
	python3 start.py test

lock: setup  ## resolve pyproject.toml anew into requirements.lock
	$(PY) tools/lock.py

screenshots: setup  ## the pictures in docs/images, from the demo workspace
	$(PY) tools/screenshots.py

bench: setup  ## the claims of docs/benchmarks.md, in about half an hour
	for claim in coreset tree_sampling tree_growth tree_open tree_edit tree_import tree_search workbench sandbox models runs; do \
		$(PY) benchmarks/$$claim.py || exit 1; \
	done
	$(PY) benchmarks/workbench.py --beside-a-run
