# What a call costs: measured on the snapshots that the toolchain has, so WASI_SDK_PATH does not
# matter here.

.PHONY: bench
bench: export WASI_SDK_PATH :=
bench: ## writes docs/COST.md, overlay beside stock beside the bare import
	@scripts/toolchain.sh sdk sysroots runtime test-tools
	@for snapshot in .toolchain/sysroots/*; do \
	    $(MAKE) -s SYSROOT=$$snapshot DESTDIR= PREFIX=$(CURDIR)/build/$${snapshot##*/}/install \
	        install build/$${snapshot##*/}/sysroot; \
	done
	@$(PYTHON) -m bench.cost docs/COST.md docs/cost.svg
