# Random calls, the same on Linux and in the guest. `make test` has a short run of them.

# N calls in all, SEED for those of an earlier run.
N ?= 100000
SEED ?= $(shell date +%s)

.PHONY: fuzz fuzz-arguments
fuzz-arguments:
	@[[ '$(N)' =~ ^[1-9][0-9]*$$ ]] || { echo "fuzz: N='$(N)' is no number of calls: make fuzz N=1000000" >&2; exit 1; }

fuzz: fuzz-arguments test-build ## [N=…] [SEED=…]: random calls, the same on Linux and in the guest
	$(TEST_NAMED) FUZZ_CALLS=$(N) FUZZ_SEED='$(SEED)' $(PYTEST) -q -n 2 test/linux/fuzz_test.py
