# make run    builds carat and closes a generated month in ./carat-demo
# make test   runs everything
# make test-trino  fetches Trino's server once (820 MB), has it read every model, build a month carried forward and, on two nodes, a
#             closed one again, and lets it go away; needs Java 25 and PostgreSQL. `.ci/run` has the month built where it can
# make simulate  runs the simulated worlds of all seeds, a year day by day, 1,000 kills of every verb that
#             writes, a crash at every step of a commit, 10,000 flipped bits and ten minutes of each fuzzer, and
#             prints at its end what it counted (`make counted` does again); CARAT_SEED=N or N-M runs one seed or
#             a range. CARAT_KILLS=N, CARAT_FLIPS=N and FUZZTIME=1m do less, CARAT_SECONDS=N kills verbs no longer
# make fuzz   feeds hostile input to every parser, and made statements to the SQL sandbox, ten minutes each; FUZZTIME=1m for less
# make lint   keeps formats, vet, staticcheck, the house's rules, and go.mod, for which the modules of other systems
#             and of others' tests are read: 1.5 GB the first time, no network after it
# make bench  measures carat beside DuckDB; ten million gifts are generated once, in .bench
# make release  builds what people install into dist/, for each target that this machine can build for, twice, and compares;
#             its bill of materials is made by a tool that is compiled the first time. TARGETS=linux/amd64 builds one
# make docs   writes the documentation as HTML files with a search into dist/docs
# make bench-pages  how long fifty people wait for pages, over a month with 200,000 exceptions (make bench does so too)
# make bench-scale  compares what a gift costs among fifty million and among five: minutes, and 15 GB of disk
# make bench-history  what a month costs with months before it, beside the first, and a small file
# All need Go and a C compiler, nothing else.

GO       ?= go
FUZZTIME ?= 10m
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -X main.version=$(VERSION)
# DuckDB is a C++ library that is linked in.
export CGO_ENABLED = 1
# A copy of the source without its .git must build too. Without paths of this machine in them, packages are compiled once
# for whatever is made of them: carat, its tests, a release.
export GOFLAGS = -buildvcs=false -trimpath

# DuckDB makes every test program large, and eighteen of them are linked anew after
# each change: gold, where it is, takes half the CPU of the default linker. What is
# shipped is linked by the default one.
GOLD     := $(shell command -v ld.gold)
TESTLINK := $(if $(GOLD),-ldflags=-extldflags=-fuse-ld=gold)

.PHONY: build run test test-trino simulate counted fuzz lint bench bench-pages bench-scale release bench-history docs

build:
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/carat ./cmd/carat

run: build
	./bin/carat demo

# The longest first, so that no core is idle at the end. `make lint` vets everything. Tests have small heaps, which
# need not be collected again and again.
test:
	GOGC=400 $(GO) test -vet=off $(TESTLINK) -timeout 60m ./cmd/carat ./jobs ./pipeline/engine ./jobs/guard ./...

test-trino:
	CARAT_TRINO_ALL=1 CARAT_TRINO_HOME="$$(.ci/trino)" GOGC=400 $(GO) test -count=1 -vet=off $(TESTLINK) -timeout 60m -v -run Trino ./pipeline/engine ./cmd/carat

# What a part prints is kept too, and how it ended.
keep = { $(1); echo $$? >.bench/simulated.rc; } 2>&1 | tee -a .bench/simulated.txt; exit $$(cat .bench/simulated.rc)

simulate:
	@mkdir -p .bench && : >.bench/simulated.txt
	$(call keep,CARAT_SIMULATE=1 $(GO) test -count=1 -timeout 6h -v -run 'Simulat|FoundIsPlanted|CleanMonths|Mutation' ./jobs ./jobs/guard ./pipeline/engine ./pipeline/engine/duckdb)
	$(call keep,CARAT_SIMULATE=1 $(GO) test -count=1 -timeout 12h -v -run 'Simulat|Crash' ./cmd/carat ./pipeline/lake ./pipeline/state)
	$(call keep,$(MAKE) fuzz)
	@$(MAKE) --no-print-directory counted

# What the last `make simulate` counted, in words.
counted:
	@echo 'Counted:'
	@sed -n 's/^ *[a-z_]*_test\.go:[0-9]*: counted: /- /p' .bench/simulated.txt
	@awk 'NF == 2 && $$2 ~ /^Fuzz/ { target = $$2 } \
		target != "" && match($$0, /execs: [0-9]+/) { took[target] = substr($$0, RSTART + 7, RLENGTH - 7) } \
		END { for (t in took) { print "- " t " took " took[t] " inputs"; sum += took[t]; n++ } printf "- all %d fuzzers took %d inputs\n", n, sum }' .bench/simulated.txt | sort

fuzz:
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' pipeline jobs reports fixtures | sed 's|/[^/]*_test.go:func | |' | sort | while read -r folder target; do \
		echo "$$folder $$target"; \
		$(GO) test ./$$folder -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x </dev/null || exit 1; \
	done

lint:
	@unformatted=$$(gofmt -l cmd jobs pipeline reports sql fixtures third_party); \
	if [ -n "$$unformatted" ]; then printf 'not formatted by gofmt:\n%s\n' "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) test -count=1 ./pipeline

TARGETS ?= linux/amd64,linux/arm64,darwin/amd64,darwin/arm64
release:
	$(GO) run ./cmd/release -version $(VERSION) -targets $(TARGETS) $(RELEASE)

docs:
	@rm -rf dist/docs && mkdir -p dist
	$(GO) run ./cmd/manual -out dist/docs

bench: build
	$(GO) build -trimpath -o bin/bench ./cmd/bench
	$(GO) test -c -o bin/match.test ./pipeline/engine
	./bin/bench -carat bin/carat -dir .bench -match bin/match.test
	./bin/bench -carat bin/carat -dir .bench -pages

# What a month and a small file cost with months before them (cmd/bench/history.go; MONTHS=24 for two years), then what a small
# batch costs, and verify, after 1 to 2,000 of them (pipeline/lake/bench_history_test.go).
MONTHS ?= 6
bench-history: build
	$(GO) build -trimpath -o bin/bench ./cmd/bench
	./bin/bench -carat bin/carat -dir .bench -history -months $(MONTHS)
	$(GO) test ./pipeline/lake -run '^$$' -bench History -benchtime 1x -timeout 60m

# People who look at pages all at once, over a month with 200,000 exceptions that is made once (cmd/bench/pages.go): some minutes.
bench-pages: build
	$(GO) build -trimpath -o bin/bench ./cmd/bench
	./bin/bench -carat bin/carat -dir .bench -pages

bench-scale: build
	$(GO) build -trimpath -o bin/bench ./cmd/bench
	./bin/bench -carat bin/carat -dir .bench -scale
