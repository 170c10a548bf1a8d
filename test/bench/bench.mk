# What a call costs: measured on the sysroots that the toolchain has, so WASI_SDK_PATH does not
# matter here.

bench: export WASI_SDK_PATH :=
bench: ## writes docs/COST.md, overlay beside stock beside the bare import
	@scripts/toolchain.sh sdk sysroots runtime
	@$(PIP_INSTALL) -r test/bench/requirements.txt
	@$(call for_each_sysroot,installed build/$${sysroot##*/}/sysroot)
	@$(PYTHON) -m bench.cost
