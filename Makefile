# Two commands do all the set-up: `make run` and `make test`. `make help` lists the rest.
PREFIX ?= /usr/local
SWIFT  ?= swift
WARD   := .build/release/ward
SOURCES := $(shell find Sources -type f) Package.swift

.PHONY: help run build setup test fuzz transcripts replay lint format bench docs install deb clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup $(WARD) ## install what is missing, build, run examples/quickstart.ward on Fashion-MNIST
	@./ward examples/quickstart.ward

build: setup $(WARD) ## build .build/release/ward

# A second `make run` starts at once: the program is built again only when a source is newer.
$(WARD): $(SOURCES)
	$(SWIFT) build -c release --product ward
	@touch $(WARD)

setup:
	@scripts/setup

test: setup ## run every test
	$(SWIFT) build -c release --build-tests
	@touch $(WARD)
	scripts/test $(WARD) $(SWIFT)

transcripts: $(WARD) ## rewrite the expected output of Tests/Transcripts (read the diff before you commit it)
	@for file in Tests/Transcripts/*.ward; do echo "$$file"; scripts/in-clean-store $(WARD) replay "$$file" --accept || exit 1; done

replay: $(WARD) ## run the recorded sessions of history/ again and compare
	@for file in history/*.ward; do scripts/in-clean-store $(WARD) replay "$$file" --check || exit 1; done

fuzz: $(WARD) ## type random keys at the prompt, a thousand sessions (ten minutes)
	python3 Tests/Prompt/fuzz_test.py $(WARD) 1000

lint: ## check the layout of the sources
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks Fuzz/Package.swift Fuzz/Sources

format: ## lay the sources out
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks Fuzz/Package.swift Fuzz/Sources

bench: setup $(WARD) ## measure the engine, beside PyTorch where Python with torch is found
	Benchmarks/run

docs: $(WARD) ## write docs/reference/, the manual page and the shells' completions anew from the declarations
	$(WARD) reference --to docs/reference --share share

install: $(WARD) ## install the program as PREFIX/bin/ward, its manual page, the shells' completions and the lessons
	install -D -m 755 $(WARD) $(DESTDIR)$(PREFIX)/bin/ward
	cd share && find . -type f -exec install -D -m 644 {} $(DESTDIR)$(abspath $(PREFIX))/share/{} \;
	cd examples && find lessons -type f -exec install -D -m 644 {} $(DESTDIR)$(abspath $(PREFIX))/share/ward/{} \;
	cd examples && find data -type f -exec install -D -m 644 {} $(DESTDIR)$(abspath $(PREFIX))/share/ward/examples/{} \;

deb: setup $(WARD) ## build a Debian package in .build/deb, which needs no Swift where it is installed
	scripts/deb $(WARD)

clean: ## remove what was built
	rm -rf .build
