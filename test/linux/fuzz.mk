# Random calls, the same on Linux and in the guest. `make test` has a short run of them.

# SEED for those of an earlier run; N calls in all, else until Ctrl-C.
SEED ?= $(shell date +%s)

.PHONY: fuzz-arguments
fuzz-arguments:
	@[[ '$(N)' =~ ^([1-9][0-9]*)?$$ ]] || { echo "fuzz: N='$(N)' is no number of calls: make fuzz N=1000000" >&2; exit 1; }

fuzz: fuzz-arguments test-build ## [N=…] [SEED=…]: random calls, the same on Linux and in the guest; no N: until Ctrl-C
	$(TEST_NAMED) $(if $(N),FUZZ_CALLS=$(N) FUZZ_SEED='$(SEED)' $(PYTEST) -q -n 2 test/linux/fuzz_test.py,$(PYTHON) -m linux.fuzz '$(SEED)')
