# Random calls, the same on Linux and in the guest. `make test` has a short run of them.

# SEED for those of an earlier run; N calls in all, else until Ctrl-C.
SEED ?= $(shell date +%s)

.PHONY: fuzz-arguments
fuzz-arguments:
	@[[ '$(N)' =~ ^([1-9][0-9]*)?$$ ]] || { echo "fuzz: N='$(N)' is no number of calls: make fuzz N=1000000" >&2; exit 1; }

# Without N in rounds, each with a seed of its own.
fuzz: fuzz-arguments test-build ## [N=…] [SEED=…]: random calls, the same on Linux and in the guest; no N: until Ctrl-C
	@calls=$(or $(N),100000); \
	for (( round = 1; ; round++ )); do \
	    $(TEST_NAMED) FUZZ_CALLS=$$calls FUZZ_SEED='$(SEED)'$(if $(N),,-$$round) \
	        $(PYTEST) -q -x -n 2 test/linux/fuzz_test.py || exit; \
	    all=$$((round * calls)); \
	    echo "fuzz: $$all calls in $$SECONDS s, $$((all / SECONDS)) a second, seed $(SEED): no difference so far"; \
	    $(if $(N),exit;) \
	done
