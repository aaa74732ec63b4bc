# `make` prints the targets. Whatever is missing is installed by those that need it, and nothing is installed if all is there.

SHELL := /bin/sh
.SHELLFLAGS := -euc
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help run observe test build simulate states pauses hostile crashes reloads counters descriptors instances fuzz import-fuzz alerts soak upgrade sanitize allocations consumer bench lint format clean swift-there libraries-there observers-there test-tools-there

SEEDS ?= 100000
FIRST ?= 1
KILLS ?= 1000
RESTARTS ?= 20
RELOADS ?= 50
IMPORTS ?= 20000
PAUSES ?= 1 5 60
INSTANCES ?= 200
FILES ?= 50000
REQUESTS ?= 100000
SEED ?= 1
MINUTES ?= 60
VERSION_0_1_0 := 149e3c3
VENV := .venv
RELEASE := .build/release
# With Swift's runtime inside: the programs run where Swift is not installed, and in 3 MiB less.
BUILD_RELEASE := swift build -c release --static-swift-stdlib
SWIFT_SOURCES := Package.swift Plugins Sources Tests examples
FORMAT = swift format $(1) --configuration .swift-format --recursive --parallel $(SWIFT_SOURCES)

help: ## Prints this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1:\2/p' Makefile | sed 's/:/\t/' | expand -t 18

run: build ## Builds, and starts the demo: ten services, supervised, on 127.0.0.1:10101
	@exec env PATH="$(CURDIR)/$(RELEASE):$$PATH" $(RELEASE)/stoker demo

observe: build observers-there ## Starts the demo with a real Prometheus and Alertmanager, and offers to break things
	@exec python3 examples/prometheus/observe.py $(OBSERVE)

build: libraries-there ## Builds the programs (release) into .build/release
	@$(BUILD_RELEASE) --product stoker
	$(BUILD_RELEASE) --product fog-service
	echo "built: $(RELEASE)/stoker and $(RELEASE)/fog-service"

test: libraries-there test-tools-there ## Runs every test: format and house rules, Swift, allocations, the page's JavaScript, then end to end with a real Prometheus
	@$(MAKE) --no-print-directory lint
	swift build --build-tests
	# All at once they would have two threads between them, and those that watch a clock would starve.
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8 swift test --skip-build
	$(MAKE) --no-print-directory consumer allocations
	node --test Tests/StatusPage/*.test.mjs
	$(VENV)/bin/python -m pytest Tests/EndToEnd -n 4 -m "not paced" $(PYTEST)
	$(VENV)/bin/python -m pytest Tests/EndToEnd -n 2 -m paced $(PYTEST)

simulate: swift-there ## Runs SEEDS=100000 histories of the core from seed FIRST=1 on
	@$(BUILD_RELEASE) --product Simulate
	$(RELEASE)/Simulate $(SEEDS) $(FIRST)

states: libraries-there ## Writes docs/states.md, the table of states and inputs, from the core
	@swift build --build-tests
	WRITE_STATES=1 swift test --skip-build --filter StateTableTests

pauses: build test-tools-there ## Stops Stoker for PAUSES="1 5 60" seconds while everything is under way: starts, stops, checks, hooks, heartbeats
	@PAUSES="$(PAUSES)" STOKER_BINARIES=$(RELEASE) $(VENV)/bin/python -m pytest -s Tests/EndToEnd/test_pauses.py

hostile: build test-tools-there ## As root: kills Stoker KILLS=1000 times at random moments, while another user attacks it all the time
	@KILLS=$(KILLS) STOKER_BINARIES=$(RELEASE) $(VENV)/bin/python -m pytest -s Tests/EndToEnd/test_hostile_user.py

crashes: build test-tools-there ## Has the services of five Stokers crash 160 times right after their start, while their hooks are at work
	@CRASHES=160 STOKERS=5 STOKER_BINARIES=$(RELEASE) $(VENV)/bin/python -m pytest -s Tests/EndToEnd/test_hooks_over_crashes.py

counters: build test-tools-there ## Kills and stops Stoker RESTARTS=20 times in a row: counters and their start times go on
	@RESTARTS=$(RESTARTS) STOKER_BINARIES=$(RELEASE) $(VENV)/bin/python -m pytest Tests/EndToEnd/test_start_times.py

reloads: build test-tools-there ## Reloads nginx RELOADS=50 times under load: no request fails
	@RELOADS=$(RELOADS) STOKER_BINARIES=$(RELEASE) $(VENV)/bin/python -m pytest Tests/EndToEnd/test_service_reload.py

descriptors: build test-tools-there ## Starts Stoker with descriptor limits from 40 to 400
	@DESCRIPTOR_STEP=20 STOKER_BINARIES=$(RELEASE) $(VENV)/bin/python -m pytest Tests/EndToEnd/test_descriptors.py

instances: build test-tools-there ## Reloads a file whose section has INSTANCES=200 instances, then fewer and more, under load
	@INSTANCES=$(INSTANCES) STOKER_BINARIES=$(RELEASE) $(VENV)/bin/python -m pytest Tests/EndToEnd/test_instances.py

fuzz: build test-tools-there ## Sends REQUESTS=100000 faulty HTTP requests, and reads FILES=50000 damaged service files, from SEED=1 on
	@REQUESTS=$(REQUESTS) SEED=$(SEED) STOKER_BINARIES=$(RELEASE) $(VENV)/bin/python -m pytest -s Tests/EndToEnd/test_fuzzed_requests.py
	swift build --build-tests
	FILES=$(FILES) SEED=$(SEED) swift test --skip-build --filter DamagedFileTests

import-fuzz: libraries-there ## Imports IMPORTS=20000 damaged files of each tool whose files are understood
	@swift build --build-tests
	IMPORT_FUZZ=$(IMPORTS) swift test --skip-build --filter ImportFuzzTests

alerts: build test-tools-there ## Breaks a real stack in twelve ways under a real Prometheus and Alertmanager, and prints what was told
	@BREAKAGES=all STOKER_BINARIES=$(RELEASE) $(VENV)/bin/python -m pytest -s Tests/EndToEnd/test_real_stack_alerts.py

soak: build ## Loads a Stoker for MINUTES=60 in every way: memory, threads, descriptors and files must be flat after ten
	@STOKER="$${STOKER:-$(CURDIR)/$(RELEASE)/stoker}" MINUTES=$(MINUTES) python3 Tests/EndToEnd/soak.py

upgrade: build test-tools-there ## As root: builds version 0.1.0, and has this version take over what that one started
	@old=.build/0.1.0
	mkdir -p $$old
	git archive $(VERSION_0_1_0) | tar -x -C $$old
	swift build -c release --package-path $$old --product stoker
	STOKER_OLD=$$(swift build -c release --package-path $$old --show-bin-path)/stoker STOKER_BINARIES=$(RELEASE) \
	  $(VENV)/bin/python -m pytest Tests/EndToEnd/test_upgrade.py Tests/EndToEnd/test_squatted_names.py

# Fewer tests at once, since a sanitizer slows them down up to tenfold. The thread sanitizer needs help with Swift's Mutex (mutex.c), and
# leaves out ProcessesTests: a child between clone and exec shares our memory, which it does not survive. Nor does it run the tests of the
# core, which has no threads: the simulator would take it an hour.
sanitize: libraries-there ## Runs the Swift tests under the thread and the address sanitizer (half an hour)
	@for sanitizer in thread address; do
	  build=.build-$$sanitizer
	  swift build --build-tests --sanitize $$sanitizer --scratch-path $$build
	  clang -O1 -shared -fPIC -o $$build/mutex.so Tests/Sanitizers/mutex.c
	  echo "running the tests under the $$sanitizer sanitizer"
	  preload= skip=
	  if [ $$sanitizer = thread ]; then preload="$(CURDIR)/$$build/mutex.so" skip="--skip (Orchestration|Processes)Tests"; fi
	  LD_PRELOAD=$$preload SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4 \
	    $$build/debug/stokerPackageTests.xctest --testing-library swift-testing $$skip
	done

allocations: libraries-there ## Compares what an event, a scrape and a spawn allocate with Benchmarks/thresholds.json
	@$(BUILD_RELEASE) --product AllocationBench
	python3 Benchmarks/allocations.py

consumer: libraries-there ## Builds the embedded example in a package of its own, as a program outside would
	@swift build --package-path Tests/Consumer --scratch-path .build

bench: build ## Measures supervision, scrapes and the loop's lag, next to yardsticks and other exporters (an hour; BENCH=quick: a few minutes)
	@python3 Benchmarks/bench.py
	python3 Benchmarks/readers.py
	case "$${BENCH:-}" in quick*) exit ;; esac
	$(BUILD_RELEASE) --product ExpositionBench
	python3 Benchmarks/exposition.py
	python3 Benchmarks/lag.py
	python3 Benchmarks/events.py

lint: swift-there ## Checks the format and the rules of the house
	@$(call FORMAT,lint --strict)
	sh Tests/house-rules.sh

format: swift-there ## Formats the Swift sources in place
	@$(call FORMAT,format --in-place)

clean: ## Removes what was built
	@rm -rf .build .build-thread .build-address $(VENV)

# What is needed. Each looks for the thing itself, so that it does not matter who installed it.

swift-there:
	@if command -v swift >/dev/null; then exit; fi
	echo "Swift 6.2 or later is needed and not in PATH: install it from https://www.swift.org/install" >&2
	exit 1

libraries-there: swift-there
	@missing=
	compiler=$$(command -v clang || command -v cc)
	header() { echo "#include <$$1>" | $$compiler -E -x c - >/dev/null 2>&1 || missing="$$missing $$2"; }
	header yaml.h libyaml-dev
	header sqlite3.h libsqlite3-dev
	header zlib.h zlib1g-dev
	$(install)

observers-there:
	@missing=
	command -v prometheus >/dev/null || missing="$$missing prometheus"
	command -v prometheus-alertmanager >/dev/null || missing="$$missing prometheus-alertmanager"
	command -v python3 >/dev/null || missing="$$missing python3"
	$(install)

test-tools-there:
	@missing=
	{ command -v prometheus && command -v promtool; } >/dev/null || missing="$$missing prometheus"
	command -v victoria-metrics >/dev/null || missing="$$missing victoria-metrics"
	{ command -v prometheus-alertmanager && command -v amtool; } >/dev/null || missing="$$missing prometheus-alertmanager"
	command -v chromium >/dev/null || missing="$$missing chromium"
	command -v jsonnet >/dev/null || missing="$$missing jsonnet"
	command -v node >/dev/null || missing="$$missing nodejs"
	for program in tmux fish zsh; do command -v $$program >/dev/null || missing="$$missing $$program"; done
	# The parts of test_real_stack.py. Debian's servers are in /usr/sbin, which is in the PATH of root alone.
	[ -n "$$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="$$missing postgresql"
	for program in redis-server memcached nginx haproxy gunicorn; do
	  PATH="$$PATH:/usr/sbin" command -v $$program >/dev/null || missing="$$missing $$program"
	done
	/usr/bin/python3 -c 'import psycopg2, redis' 2>/dev/null || missing="$$missing python3-psycopg2 python3-redis"
	python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3 python3-venv"
	$(install)
	if [ $(VENV)/installed -nt Tests/EndToEnd/requirements.txt ]; then exit; fi
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement Tests/EndToEnd/requirements.txt
	touch $(VENV)/installed

# Installs the Debian packages in $missing: as root, or with sudo; where neither is there, says what to install.
# Debian starts a service when its package is installed. Prometheus, PostgreSQL and the others are wanted here as programs, not as services
# of this machine: while they are installed policy-rc.d says no, and afterwards they are disabled. One that was there before is left as it
# is.
define install
if [ -n "$$missing" ]; then
  command -v apt-get >/dev/null || { echo "please install, by their names in Debian:$$missing" >&2; exit 1; }
  as_root=
  if [ "$$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "please install, as root: apt-get install$$missing" >&2; exit 1; }
    as_root=sudo
  fi
  echo "installing:$$missing"
  $$as_root apt-get update --quiet
  policy=/usr/sbin/policy-rc.d
  if ! [ -e $$policy ]; then
    trap "$$as_root rm -f $$policy" EXIT
    printf '#!/bin/sh\nexit 101\n' | $$as_root tee $$policy >/dev/null
    $$as_root chmod +x $$policy
  fi
  $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $$missing
  for unit in prometheus prometheus-alertmanager victoria-metrics postgresql redis-server memcached nginx haproxy; do
    case "$$missing " in *" $$unit "*)
      if command -v systemctl >/dev/null; then $$as_root systemctl disable --quiet $$unit 2>/dev/null || true; fi ;;
    esac
  done
fi
endef
