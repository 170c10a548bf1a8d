# wasi-utimens. `make demo` and `make test` need nothing before them; README.md lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := overlay

# The toolchain: a real wasi-sdk where WASI_SDK_PATH names one, else our own under .toolchain/.
TOOLCHAIN := $(CURDIR)/.toolchain
SDK := $(if $(WASI_SDK_PATH),$(abspath $(WASI_SDK_PATH)),$(TOOLCHAIN)/wasi-sdk)
SYSROOT ?= $(SDK)/share/wasi-sysroot
override SYSROOT := $(abspath $(SYSROOT))
export PATH := $(TOOLCHAIN)/bin:$(PATH)

# Each sysroot has a build directory of its own, named after its snapshot where it is one of ours.
SNAPSHOT := $(patsubst $(TOOLCHAIN)/sysroots/%,%,$(SYSROOT))
BUILD := build/$(if $(findstring /,$(SNAPSHOT)),sysroot-$(firstword $(shell cksum <<<'$(SYSROOT)')),$(SNAPSHOT))

PREFIX ?= /usr/local

.PHONY: toolchain
toolchain:
	scripts/toolchain.sh

.PHONY: sdk
sdk:
	@scripts/toolchain.sh sdk

$(SYSROOT)/lib/wasm32-wasip2/libc.a: | sdk ;

# --- The overlay -------------------------------------------------------------

# The functions that take the place of wasi-libc's, or that it lacks.
FUNCTIONS := futimens utimensat utimes futimes lutimes utime futimesat
UNITS := $(FUNCTIONS) wasi_utimens_fd_support

CLANG := $(SDK)/bin/clang --target=wasm32-wasip2 --sysroot=$(SYSROOT)
OVERLAY_CXXFLAGS := -std=c++20 -O2 -fno-exceptions -fno-rtti -nostdinc++ \
	-fvisibility=hidden -D_GNU_SOURCE -Wall -Wextra -Wconversion \
	-isystem include -Iwit-imports -Ilibc-overlay

# With the archives of `wrap` a guest links by `-Wl,--wrap=NAME`, so there the functions bear the
# names that the linker looks for; those of `plain` go into a libc.a.
NAMES_wrap := $(foreach name,$(FUNCTIONS),-D$(name)=__wrap_$(name))
NAMES_plain :=

HEADERS := $(wildcard include/*/*.h wit-imports/*.h libc-overlay/*/*.h)

$(BUILD)/generation: $(SYSROOT)/lib/wasm32-wasip2/libc.a scripts/generation.sh
	@mkdir -p $(@D)
	@scripts/generation.sh $(SYSROOT) > $@

define compile
@mkdir -p $(@D)
$(CLANG) $(OVERLAY_CXXFLAGS) $(NAMES_$(1)) -DWASI_UTIMENS_FD=$(2) \
	-DWASI_LIBC_GENERATION="\"generation/$$(cat $(BUILD)/generation).h\"" -c $< -o $@
endef

$(BUILD)/%/nofd/futimens.o: libc-overlay/posix/futimens.cpp $(HEADERS) Makefile $(BUILD)/generation
	$(call compile,$*,false)

define variant_rules
$$(BUILD)/$(1)/%.o: libc-overlay/posix/%.cpp $$(HEADERS) Makefile $$(BUILD)/generation
	$$(call compile,$(1),true)

$$(BUILD)/$(1)/libwasi-utimens.a: $$(UNITS:%=$$(BUILD)/$(1)/%.o)
$$(BUILD)/$(1)/libwasi-utimens-nofd.a: $$(BUILD)/$(1)/nofd/futimens.o \
	$$(patsubst %,$$(BUILD)/$(1)/%.o,$$(filter-out futimens,$$(UNITS)))
endef
$(foreach variant,wrap plain,$(eval $(call variant_rules,$(variant))))

$(BUILD)/%.a:
	rm -f $@
	$(SDK)/bin/llvm-ar rcsD $@ $^

ARCHIVES := $(foreach variant,wrap plain,$(BUILD)/$(variant)/libwasi-utimens.a $(BUILD)/$(variant)/libwasi-utimens-nofd.a)

.PHONY: overlay
overlay: $(ARCHIVES)

# --- Installed, for an untouched sysroot -------------------------------------

# All that an installation has, as its prefix.
PACKAGE := $(BUILD)/package
INSTALLED = $(DESTDIR)$(abspath $(PREFIX))

$(PACKAGE): $(BUILD)/wrap/libwasi-utimens.a $(BUILD)/wrap/libwasi-utimens-nofd.a include/sys/time.h \
		include/wasi/utimens.h $(wildcard scripts/package/*) scripts/package.sh Makefile
	scripts/package.sh $(BUILD)/wrap $@ $(FUNCTIONS)

.PHONY: install
install: $(PACKAGE)
	cd $(PACKAGE) && find . -type f -exec install -D -m 644 {} '$(INSTALLED)'/{} \;

.PHONY: uninstall
uninstall: $(PACKAGE)
	cd $(PACKAGE) && find . -type f -exec rm -f '$(INSTALLED)'/{} \;
	cd $(PACKAGE) && find . -depth -type d -path '*wasi*' -exec rmdir --ignore-fail-on-non-empty '$(INSTALLED)'/{} \; 2>/dev/null

.PHONY: package
package: $(PACKAGE)

# A release, with an installation for each generation of the toolchain's sysroots.
DIST ?= build/dist

.PHONY: dist
dist:
	@WASI_SDK_PATH= scripts/toolchain.sh sdk sysroots
	@for snapshot in .toolchain/sysroots/*; do $(MAKE) -s SYSROOT=$$snapshot package; done
	@scripts/dist.sh '$(DIST)' $$(ls -d .toolchain/sysroots/* | sed 's|.*/|build/|')

# --- A sysroot with the overlay inside ---------------------------------------

FD ?= yes
copy_sysroot = scripts/sysroot.py '$(SYSROOT)' '$(1)' $(filter %.a,$^) include $(SDK)/bin/llvm-ar $(FUNCTIONS)

.PHONY: sysroot
sysroot: $(BUILD)/plain/libwasi-utimens$(if $(filter no,$(FD)),-nofd).a
	$(if $(filter-out yes no,$(FD)),$(error FD=$(FD): say yes or no))
	@$(call copy_sysroot,$(DEST))

# The copies that tests use, and those that CPython and the clients are built on.
SYSROOTS := $(BUILD)/sysroot build/cpython-sysroot build/clients-sysroot
$(SYSROOTS): $(BUILD)/plain/libwasi-utimens.a
$(SYSROOTS:%=%-nofd): $(BUILD)/plain/libwasi-utimens-nofd.a
$(SYSROOTS) $(SYSROOTS:%=%-nofd): $(HEADERS) scripts/sysroot.py scripts/wasm_rename.py
	rm -rf $@
	$(call copy_sysroot,$@)
	touch $@

# --- Demo --------------------------------------------------------------------

$(BUILD)/examples/%.wasm: examples/%.c $(PACKAGE)
	@mkdir -p $(@D)
	$(CLANG) -O2 --config=$(PACKAGE)/share/wasi-utimens/wasi-utimens.cfg $< -o $@

.PHONY: examples
examples: $(patsubst examples/%.c,$(BUILD)/examples/%.wasm,$(wildcard examples/*.c))

.PHONY: demo
demo: | sdk
	@scripts/toolchain.sh runtime
	@$(MAKE) -s install DESTDIR= PREFIX=$(CURDIR)/$(BUILD)/install
	@scripts/demo.sh $(SDK) $(SYSROOT) $(CURDIR)/$(BUILD)/install $(BUILD)/demo

# --- Tests -------------------------------------------------------------------

PYTEST := .toolchain/venv/bin/pytest

# All that the tests look for, on every snapshot.
.PHONY: test-build
test-build: | toolchain
	for snapshot in .toolchain/sysroots/*; do \
	    $(MAKE) --no-print-directory SYSROOT=$$snapshot test-build-snapshot; \
	done

.PHONY: test-build-snapshot
test-build-snapshot:
	$(MAKE) -s install PREFIX=$(CURDIR)/$(BUILD)/install
	$(MAKE) -s $(BUILD)/sysroot $(BUILD)/sysroot-nofd
	$(MAKE) -s suite

.PHONY: test
test: test-build
	$(PYTEST) -q -n 2 --dist loadgroup test

# --- Catch2 suite ------------------------------------------------------------

# The objects of the suite; test/catch2_suite.py links and runs them.
CATCH2 := $(TOOLCHAIN)/src/catch2
SUITE := $(BUILD)/catch2
SUITE_COUNTED := $(filter 20260423,$(SNAPSHOT))
SUITE_SOURCES := $(wildcard $(patsubst %,test/%/*.cpp,pure generation posix posix/beside \
	$(SUITE_COUNTED:%=generation/counted)))
SUITE_OBJECTS := $(SUITE_SOURCES:test/%.cpp=$(SUITE)/%.o)
SUITE_CXX := $(SDK)/bin/clang++ --target=wasm32-wasip2 --sysroot=$(SYSROOT) -std=c++20 -fno-exceptions \
	-D_GNU_SOURCE -DCATCH_CONFIG_NO_POSIX_SIGNALS -isystem test/catch2 -isystem $(CATCH2) -isystem include
SUITE_CXXFLAGS := -Wall -Wextra -Werror -Iwit-imports -Ilibc-overlay -Itest

$(SUITE)/catch_amalgamated.o: $(CATCH2)/catch_amalgamated.cpp test/catch2/__config_site
	@mkdir -p $(@D)
	$(SUITE_CXX) -O1 -c $< -o $@

$(SUITE)/streams.o: test/catch2/streams.cpp test/catch2/__config_site
	@mkdir -p $(@D)
	$(SUITE_CXX) -c $< -o $@

suite_compile = $(SUITE_CXX) $(SUITE_CXXFLAGS) -c $< -o $@ \
	-DTIMES_ARE_64_BIT_NANOSECONDS="$$(grep -c preview1 $(BUILD)/generation || true)"

$(SUITE)/%.o: test/%.cpp $(wildcard test/*/*.h) $(HEADERS) $(BUILD)/generation
	@mkdir -p $(@D)
	$(suite_compile) -DWASI_LIBC_GENERATION="\"generation/$$(cat $(BUILD)/generation).h\""

# The counted generation, which no sysroot has: the suite brings a stand-in for its table.
COUNTED_CXXFLAGS := -DWASI_LIBC_GENERATION='"generation/descriptor-counted.h"'

$(SUITE)/generation/counted/%.o: test/generation/counted/%.cpp $(wildcard test/*/*.h) $(HEADERS) $(BUILD)/generation
	@mkdir -p $(@D)
	$(suite_compile) $(COUNTED_CXXFLAGS)

$(SUITE)/counted/nofd/futimens.o: libc-overlay/posix/futimens.cpp $(HEADERS)
	@mkdir -p $(@D)
	$(CLANG) $(OVERLAY_CXXFLAGS) $(NAMES_wrap) $(COUNTED_CXXFLAGS) -DWASI_UTIMENS_FD=false -c $< -o $@

$(SUITE)/counted/%.o: libc-overlay/posix/%.cpp $(HEADERS)
	@mkdir -p $(@D)
	$(CLANG) $(OVERLAY_CXXFLAGS) $(NAMES_wrap) $(COUNTED_CXXFLAGS) -DWASI_UTIMENS_FD=true -c $< -o $@

$(SUITE)/libcounted.a: $(UNITS:%=$(SUITE)/counted/%.o)
$(SUITE)/libcounted-nofd.a: $(SUITE)/counted/nofd/futimens.o \
	$(patsubst %,$(SUITE)/counted/%.o,$(filter-out futimens,$(UNITS)))

.PHONY: suite
suite: $(SUITE)/catch_amalgamated.o $(SUITE)/streams.o $(SUITE_OBJECTS) \
	$(if $(SUITE_COUNTED),$(SUITE)/libcounted.a $(SUITE)/libcounted-nofd.a)

# --- Random calls ------------------------------------------------------------

# The overlay with the undefined behaviour sanitizer, which ends the guest (`wasm trap: unreachable`).
NAMES_ubsan := $(NAMES_wrap) -fsanitize=undefined -fsanitize-trap=undefined
$(eval $(call variant_rules,ubsan))

test-build-snapshot: $(BUILD)/ubsan/libwasi-utimens.a

# `make test` has a short run of them. N calls in all, SEED for those of an earlier run.
N ?= 100000
SEED ?= $(shell date +%s)

.PHONY: fuzz fuzz-arguments
fuzz-arguments:
	@[[ '$(N)' =~ ^[1-9][0-9]*$$ ]] || { echo "fuzz: N='$(N)' is no number of calls: make fuzz N=1000000" >&2; exit 1; }

fuzz: fuzz-arguments test-build
	FUZZ_CALLS=$(N) FUZZ_SEED='$(SEED)' $(PYTEST) -q -n 2 test/fuzz_test.py

# --- Compatibility table -----------------------------------------------------

# Of the snapshots and hosts that the toolchain has, so WASI_SDK_PATH does not matter here.
.PHONY: matrix
matrix:
	@WASI_SDK_PATH= scripts/toolchain.sh sdk sysroots hosts
	@for snapshot in .toolchain/sysroots/*; do \
	    $(MAKE) -s SYSROOT=$$snapshot DESTDIR= PREFIX=$(CURDIR)/build/$${snapshot##*/}/install install; \
	done
	@.toolchain/venv/bin/python scripts/matrix.py docs/COMPATIBILITY.md

# --- What a call costs -------------------------------------------------------

# Measured on the snapshots that the toolchain has, so WASI_SDK_PATH does not matter here.
.PHONY: bench
bench: export WASI_SDK_PATH :=
bench:
	@scripts/toolchain.sh sdk sysroots runtime musl
	@for snapshot in .toolchain/sysroots/*; do \
	    $(MAKE) -s SYSROOT=$$snapshot DESTDIR= PREFIX=$(CURDIR)/build/$${snapshot##*/}/install \
	        install build/$${snapshot##*/}/sysroot; \
	done
	@.toolchain/venv/bin/python scripts/cost.py docs/COST.md docs/cost.svg

# --- CPython -----------------------------------------------------------------

# On the newest wasi-libc there is, whose name is known once the toolchain is there. FD=no: for hosts
# that cannot set times through a descriptor; then os.utime must not say that it takes one.
PYTHON_NAME := $(if $(filter no,$(FD)),nofd,overlay)
PYTHON_ANSWERS := $(if $(filter no,$(FD)),ac_cv_func_futimens=no ac_cv_func_futimes=no)
NEWEST_SYSROOT = $(if $(WASI_SDK_PATH),$(SYSROOT),$(lastword $(sort $(shell ls -d .toolchain/sysroots/*))))

.PHONY: cpython-toolchain
cpython-toolchain:
	@scripts/toolchain.sh sdk sysroots runtime cpython

.PHONY: cpython
cpython: | cpython-toolchain
	@$(MAKE) -s SYSROOT=$(NEWEST_SYSROOT) build/cpython-sysroot$(if $(filter no,$(FD)),-nofd)
	@scripts/cpython.sh $(SDK) build/cpython-sysroot$(if $(filter no,$(FD)),-nofd) $(PYTHON_NAME) $(PYTHON_ANSWERS)

# Stock beside it, to compare.
.PHONY: cpython-stock
cpython-stock: | cpython-toolchain
	@scripts/cpython.sh $(SDK) $(NEWEST_SYSROOT) stock

.PHONY: test-cpython
test-cpython: | cpython-toolchain
	@$(MAKE) -s cpython FD=yes
	@$(MAKE) -s cpython FD=no
	@$(MAKE) -s cpython-stock
	@python3 test/cpython/run.py

# --- Clients: other people's programs ----------------------------------------

.PHONY: test-clients
test-clients:
	@scripts/toolchain.sh sdk sysroots runtime packaging clients
	@$(MAKE) -s SYSROOT=$(NEWEST_SYSROOT) build/clients-sysroot
	@scripts/clients.sh $(SDK) build/clients-sysroot
	@$(PYTEST) test/clients/times_kept.py

# --- Lint --------------------------------------------------------------------

.PHONY: lint
lint: | toolchain
	@scripts/lint.sh .toolchain/sysroots/*
