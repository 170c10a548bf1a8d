# CPython and other people's programs, built on the overlay sysroot.

# --- CPython -----------------------------------------------------------------

# On the newest wasi-libc there is, whose name is known once the toolchain is there. FD=no: for hosts
# that cannot set times through a descriptor; then os.utime must not say that it takes one.
PYTHON_NAME := $(if $(nofd),nofd,overlay)
PYTHON_ANSWERS := $(if $(nofd),ac_cv_func_futimens=no ac_cv_func_futimes=no)
NEWEST_SYSROOT = $(if $(WASI_SDK_PATH),$(SYSROOT),$(lastword $(sort $(shell ls -d .toolchain/sysroots/*))))

.PHONY: cpython-toolchain
cpython-toolchain:
	@scripts/toolchain.sh sdk sysroots runtime
	@test/applications/sources.sh cpython

cpython: | cpython-toolchain ## [FD=no]: CPython for WASI on the overlay sysroot
	@$(MAKE) -s SYSROOT=$(NEWEST_SYSROOT) build/cpython-sysroot$(nofd)
	@scripts/cpython.sh $(SDK) build/cpython-sysroot$(nofd) $(PYTHON_NAME) $(PYTHON_ANSWERS)

# Stock beside it, to compare.
.PHONY: cpython-stock
cpython-stock: | cpython-toolchain
	@scripts/cpython.sh $(SDK) $(NEWEST_SYSROOT) stock

test-cpython: | cpython-toolchain ## its own tests of file times and ours
	@$(MAKE) -s cpython FD=yes
	@$(MAKE) -s cpython FD=no
	@$(MAKE) -s cpython-stock
	@$(PYTHON) test/applications/cpython/run.py

# --- Clients: other people's programs ----------------------------------------

test-clients: ## xz and bsdtar on the overlay, and the times they keep
	@scripts/toolchain.sh sdk sysroots runtime test-tools
	@test/applications/sources.sh clients
	@$(MAKE) -s SYSROOT=$(NEWEST_SYSROOT) build/clients-sysroot
	@scripts/clients.sh $(SDK) build/clients-sysroot
	@$(PYTEST) test/applications/clients/times_kept.py
