# Shortcuts for developers; the README says how everything is set up.
PYTHON ?= .venv/bin/python

.PHONY: test test-full goldens references bench

test:
	$(PYTHON) -m pytest -n 2

test-full:
	$(PYTHON) -m pytest -n 2 --full

goldens:
	$(PYTHON) -m pytest -q tests/test_goldens.py --update-goldens

references:
	$(PYTHON) tools/make_references.py

bench:
	$(PYTHON) tools/bench_write.py
