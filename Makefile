# Shortcuts for developers; the README says how everything is set up.
PYTHON ?= .venv/bin/python

CLIENTS ?= build/clients

# One platform's wheels, wherever it is packed: the same bytes. Only their .py files are taken.
VENDORED_FOR = --platform manylinux2014_x86_64 --python-version 3.11 --implementation cp --abi cp311

.PHONY: test test-full test-jq goldens references record bench pack address scan context clients test-clients

test:
	$(PYTHON) -m pytest -n 3

test-full:
	$(PYTHON) -m pytest -n 3 --full

# Debian 12 has jq 1.6, macOS and newer systems have 1.7 and later, which read some programs otherwise. This builds
# the newest one from the sources in the package jq of PyPI; it needs a C compiler.
build/jq/jq:
	rm -rf build/jq
	$(PYTHON) -m pip download -q --no-deps --no-binary jq --dest build/jq jq
	tar -xzf build/jq/jq-*.tar.gz -C build/jq --strip-components 1
	tar -xzf build/jq/deps/jq-*.tar.gz -C build/jq --strip-components 1
	cd build/jq && ./configure --quiet --with-oniguruma=builtin --disable-docs --disable-shared && $(MAKE) --silent

test-jq: build/jq/jq
	PATH=$(CURDIR)/build/jq:$$PATH $(PYTHON) -m pytest -n 3 tests/programs tests/rendering -k "shell or plain"

goldens:
	$(PYTHON) -m pytest -q tests/programs/test_goldens.py --update-goldens

references:
	$(PYTHON) tools/make_references.py

# make record GATEWAY=aitoll, with the key in AITOLL_API_KEY. For the gateways that run on this machine,
# tests/recording/stacks.py says which software is needed and where it is looked for.
record:
	$(PYTHON) -m pytest tests/recording --gateway $(GATEWAY) --record-mode=rewrite --maxfail=3
	$(PYTHON) -m pytest tests/recording --gateway $(GATEWAY)
	$(PYTHON) tools/make_references.py

bench:
	$(PYTHON) tools/bench_write.py

# What is published: dist/*.zip, the wheel, SHA256SUMS, and dist/plugin.
pack:
	rm -rf build/vendor dist
	$(PYTHON) -m pip install -q --no-deps --no-compile --only-binary :all: $(VENDORED_FOR) --require-hashes -r tools/vendored.txt --target build/vendor
	$(PYTHON) tools/pack.py --vendor build/vendor

# After another address was set in pyproject.toml.
address:
	$(PYTHON) tools/set_address.py

# The skill scanner has 100 dependencies, so it gets a place of its own.
scan: pack
	test -x build/scanner/bin/skill-scanner || $(PYTHON) -m venv build/scanner
	build/scanner/bin/python -m pip install -q cisco-ai-skill-scanner skills-ref
	$(PYTHON) tools/scan.py build/scanner/bin

# How much of an agent's context the whole job takes.
context:
	$(PYTHON) tools/measure_context.py

# Real agents from the npm registry (900 MB), with a scripted model on loopback.
clients:
	test -d $(CLIENTS)/node_modules || npm install --prefix $(CLIENTS) --no-audit --no-fund @anthropic-ai/claude-code @openai/codex skills @google/gemini-cli

test-clients: clients
	CHAT_COMPLETIONS_CLIENTS=$(CLIENTS) $(PYTHON) -m pytest -q tests/clients
