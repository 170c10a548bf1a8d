# The compatibility table: of the snapshots and hosts that the toolchain has, so WASI_SDK_PATH does
# not matter here.

matrix: ## writes docs/COMPATIBILITY.md, every cell from a run, and types what docs/HOSTS.md says
	@WASI_SDK_PATH= scripts/toolchain.sh sdk sysroots runtime
	@test/examples/matrix/hosts.sh
	@$(call for_each_sysroot,installed)
	@$(PYTHON) -m examples.matrix
	@HOSTS_PAGE=yes $(PYTEST) -q -n 0 test/examples/hosts_page_test.py
