# Shortcuts for developers; the README says how everything is set up.
PYTHON ?= .venv/bin/python

.PHONY: test test-full goldens references record bench

test:
	$(PYTHON) -m pytest -n 2

test-full:
	$(PYTHON) -m pytest -n 2 --full

goldens:
	$(PYTHON) -m pytest -q tests/test_goldens.py --update-goldens

references:
	$(PYTHON) tools/make_references.py

# Needs the software: tools/running_stacks.py says which, and where it looks for it.
record:
	$(PYTHON) tools/record_stacks.py
	$(PYTHON) tools/make_references.py

bench:
	$(PYTHON) tools/bench_write.py
