# `make` or `make help` says what there is. Everything real stands in tools/ and in cargo.
.DEFAULT_GOAL := help
.PHONY: help demo console up down test test-unit test-e2e test-containers test-containers-if-possible prepare emulators test-chaos test-life test-new-project test-library test-api test-console chaos limits fuzz lint lint-rust lint-python lint-workflows lint-templates lint-book book book-serve walk check-functions check-library doc diagrams contracts contracts-check scale access new-service new-project alarms publish-again throttle test-labs fmt build deploy smoke undeploy bench bench-prebooking bench-rfq

PYTHON ?= python3
PORT ?= 4566
PROXY_PORT ?= 4567
ARCH ?= x86_64
SIZE ?= full
RUNS ?= 100000
TARGET := $(or $(CARGO_TARGET_DIR),target)
# Each tool is a Python package, of which nothing is installed.
WILD_RYDES := @PYTHONPATH=tools $(PYTHON) -m wild_rydes
BENCH := @PYTHONPATH=tools:bench $(PYTHON) -m harness

help: ## Show this help
	@echo "Wild Rydes: make <target>"
	@grep -E '^[a-zN0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-zN0-9-]+):.*## (.*)/  \1|\2/' | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo "Options: PORT=4566 (demo, up)  PROXY_PORT=4567 (throttle)  ARCH=x86_64|arm64, STAGE=<name>, PARAMETERS=\"<service>:<Name>=<value> …\" (deploy), YES=1 (deploy and undeploy ask nothing)  SIZE=small|full (chaos, limits), SEED=<number> (chaos)  RUNS=<number> INPUT=<file> (fuzz)"

demo: ## Set up whatever is missing, deploy locally, and walk through the use cases
	$(WILD_RYDES) demo --port $(PORT)

console: ## Open the console: a page that shows messages moving; Ctrl-C ends it (REPLAY=docs/console-session.ndjson: show a recorded session)
	$(WILD_RYDES) console --port $(PORT) $(if $(REPLAY),--replay "$(REPLAY)")

up: ## Deploy locally and keep it running; then: . .local/stack.env
	$(WILD_RYDES) up --port $(PORT)

down: ## Stop what make up started
	$(WILD_RYDES) down

test: ## Everything: lints, unit tests, builds, end-to-end tests, the life of a stage, a small fault run, emulators in containers
	$(WILD_RYDES) test
	@echo "✓ all tests passed"

test-unit: ## Unit and property tests, handlers with mocked AWS clients
	cargo test --locked --workspace --lib --bin rydes --test program --test proxy --test schemas --test asyncapi
	$(WILD_RYDES) test-python

test-e2e: ## End-to-end tests against an emulator of their own, or the one at AWS_ENDPOINT_URL (ONLY=<part of a name>)
	$(WILD_RYDES) test-e2e --only "$(ONLY)" $(if $(RELEASE),--release)

test-containers: ## The same against an emulator of each profile in a container (PROFILE=<name>, IMAGES="<image> …", RELEASE=1: all functions as they go to Lambda)
	$(WILD_RYDES) test-containers --images "$(IMAGES)" --profile "$(PROFILE)" --only "$(ONLY)" $(if $(RELEASE),--release)

test-containers-if-possible:
	$(WILD_RYDES) test-containers --images "$(IMAGES)" --profile "$(PROFILE)" $(if $(FEW),--few) --if-possible

prepare: ## Install the tools and build functions and tests: what make test needs
	$(WILD_RYDES) prepare

emulators: ## Write anew in the docs what each emulator honours, as the last runs have seen it
	$(WILD_RYDES) emulators

test-chaos: ## The fault run of make test: small, and always with the same faults
	$(WILD_RYDES) chaos --size small --seed 1

test-life: ## The life of a stage against an emulator: failed deployments, changes, smoke runs, removals
	$(WILD_RYDES) test-life

test-new-project: ## Make a project with the library, and run its own lints and tests
	$(WILD_RYDES) test-new-project

test-library: ## Run the examples outside of the repository, against the packages of the library (ONLY=<part of an example's name>)
	$(WILD_RYDES) test-library --only "$(ONLY)"

test-labs: ## Do the labs of docs/labs on an emulator of their own: each check fails before, and passes after
	$(WILD_RYDES) test-labs

test-api: ## Try both APIs against their OpenAPI documents (ONLY=<part of a service's name>)
	$(WILD_RYDES) test-api --only "$(ONLY)"

test-console: ## Try the console in a browser, against an emulator of its own (ONLY=<part of a name>, SCREENSHOTS=1: take the docs' pictures, RECORDING=1: record their session)
	$(WILD_RYDES) test-console --only "$(ONLY)" $(if $(SCREENSHOTS),--screenshots) $(if $(RECORDING),--recording) $(if $(IF_POSSIBLE),--if-possible)

chaos: ## A bad hour at full size, and an audit after it (SIZE=small, SEED=<number>)
	$(WILD_RYDES) chaos --size $(SIZE) --seed "$(SEED)"

limits: ## Load beyond AWS's quotas, while they are enforced, and an audit after it (SIZE=small)
	$(WILD_RYDES) limits --size $(SIZE)

fuzz: ## Give every parser 100,000 inputs (RUNS=<number>), or one of them again (INPUT=<file>)
	$(WILD_RYDES) fuzz --runs $(RUNS) --input "$(INPUT)"

lint: lint-rust lint-python lint-workflows lint-templates lint-book ## Formatting, clippy, ruff, mypy, workflows, templates, state machines, roles, the book

lint-rust: ## Part of lint: formatting and clippy of every workspace, licences and sources of dependencies
	cargo fmt --all --check
	cargo fmt --check --manifest-path tests/container/Cargo.toml
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo fmt --check --manifest-path bench/library/runtime/Cargo.toml
	cargo fmt --check --all --manifest-path examples/Cargo.toml
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --manifest-path tests/container/Cargo.toml --target-dir $(TARGET)/container --all-targets -- -D warnings
	cargo clippy --locked --manifest-path fuzz/Cargo.toml --target-dir $(TARGET) --all-targets -- -D warnings
	cargo clippy --locked --manifest-path examples/Cargo.toml --target-dir $(TARGET) --workspace --all-targets -- -D warnings
	$(WILD_RYDES) lint-dependencies

lint-python: ## Part of lint: formatting, lints and types of the tools
	$(WILD_RYDES) lint-python

lint-workflows: ## Part of lint: GitHub's workflows
	$(WILD_RYDES) lint-workflows

lint-templates: ## Part of lint: templates, also as AWS sees them, state machines, roles
	$(WILD_RYDES) lint-templates

lint-book: ## Part of lint: the book is built without a warning, and no link is dead
	$(WILD_RYDES) lint-book

book: ## Write the code in the pages anew, and build the book from the pages of docs/, with search, into .local/book/site
	$(WILD_RYDES) book

book-serve: ## Serve the book on the loopback interface
	$(WILD_RYDES) book --serve

walk: ## Draw the README's walk from the output of make demo: make walk INPUT=demo.log
	$(WILD_RYDES) walk --input "$(INPUT)"

check-functions: ## Build for Lambda and check each function's size and what it links against (FEW=1: the largest, the smallest, the changed)
	$(WILD_RYDES) check-functions --arch $(ARCH) $(if $(FEW),--few)

check-library: ## Check the crates that others use: each feature alone, packages, documentation and its examples
	$(WILD_RYDES) check-library

doc: ## Build the API documentation of the crates, with its warnings denied
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

diagrams: ## Draw the state machines in the docs anew
	$(WILD_RYDES) diagrams

contracts: ## Write the AsyncAPI document of each service anew, from its template and the schemas of messages
	$(WILD_RYDES) contracts

contracts-check: ## Compare the schemas of messages with those of the last release, and the AsyncAPI documents with what they are made from
	$(WILD_RYDES) contracts-check

scale: ## Count what a stage has, and write the tables of docs/scale.md anew
	$(WILD_RYDES) scale

access: ## Print who may do what
	$(WILD_RYDES) access

new-service: ## Make a new service that takes an event: make new-service NAME=ride-insurance EVENT=RideCompleted
	$(WILD_RYDES) new-service --name "$(NAME)" --event "$(EVENT)"

new-project: ## Make a project of your own with the library: make new-project DIR=../my-service (NAME=<name>, EVENT=OrderPlaced)
	$(WILD_RYDES) new-project --dir "$(DIR)" --name "$(NAME)" --event "$(EVENT)"

lab-N-check: ## Tell if a lab of docs/labs is done, as in make lab-1-check, on what make up keeps running
lab-%-check:
	$(WILD_RYDES) lab-check --lab "$*"

alarms: ## Set the alarms on queues by their depths, which CloudWatch does on AWS, and show those that are on
	$(WILD_RYDES) alarms

publish-again: ## Have a ride published once more: make publish-again RIDE=<id>
	$(WILD_RYDES) publish-again --ride "$(RIDE)"

throttle: ## Put AWS's quotas for a new account before the emulator, for functions that call it through this proxy; Ctrl-C ends it
	$(WILD_RYDES) throttle --port $(PROXY_PORT)

fmt: ## Format the code
	cargo fmt --all
	cargo fmt --manifest-path tests/container/Cargo.toml
	cargo fmt --manifest-path fuzz/Cargo.toml
	cargo fmt --manifest-path bench/library/runtime/Cargo.toml
	cargo fmt --all --manifest-path examples/Cargo.toml
	$(WILD_RYDES) fmt-python

build: ## Build the functions for Lambda (ARCH=arm64 for Graviton)
	$(WILD_RYDES) build --arch $(ARCH)

deploy: ## Build and deploy to AWS, or to the emulator at AWS_ENDPOINT_URL: make deploy STAGE=dev
	$(WILD_RYDES) deploy --stage "$(STAGE)" --arch $(ARCH) --parameters "$(PARAMETERS)"

smoke: ## Check a deployed stage, on AWS or at AWS_ENDPOINT_URL: make smoke STAGE=dev (JSON=1, AUDIT=no for a stage in use)
	$(WILD_RYDES) smoke --stage "$(STAGE)" $(if $(JSON),--json) $(if $(filter no,$(AUDIT)),--no-audit)

undeploy: ## Delete a stage's stacks, and say before what goes and what stays: make undeploy STAGE=dev (ONLY="<stack> …", DATA=delete: with tables and buckets)
	$(WILD_RYDES) undeploy --stage "$(STAGE)" --only "$(ONLY)" --data "$(DATA)"

bench: ## Cold starts, CPU time, latency and cost, beside a function that does nothing, one in Python, other designs and libraries; the console's page (ONLY="cold warm lambda profile rest cost rides build library features console", FUNCTIONS="<name> …", TURNS=<of lambda and console>)
	$(BENCH) bench --only "$(ONLY)" --functions "$(FUNCTIONS)" $(if $(TURNS),--turns $(TURNS))

bench-prebooking: ## Campaigns of 500, 5,000 and 50,000 prebookings: how they are accepted and drain
	$(BENCH) bench-prebooking

bench-rfq: ## 1, 10 and 100 requests for quotes a second: how soon they are closed
	$(BENCH) bench-rfq
