# The tests, tried on broken code. Not a part of `make test`: it takes hours, and goes on where it was stopped.

MUTANTS_TOOL := build/mutants/tool
FILES ?=

$(MUTANTS_TOOL): test/mutants/requirements.txt | toolchain
	rm -rf $@
	$(PIP_INSTALL) --no-deps --target $@ -r $<

mutants: test-build $(MUTANTS_TOOL) ## [FILES='…']: the tests on broken code; resumable; writes docs/MUTANTS.md
	.toolchain/venv/bin/python test/mutants/mutants.py $(MUTANTS_TOOL) $(FILES)

test-mutants: test-build ## a handful of mutants that once survived: each must be killed
	.toolchain/venv/bin/python test/mutants/listed.py
