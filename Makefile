# wasi-utimens. `make demo` and `make test` need nothing before them; `make help` lists the targets.
#
# This file has what a user types; what tests and measures is included from its own folder.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := overlay

# What a user types, as `make help` lists it. None of it is a file.
.PHONY: toolchain overlay compile_commands.json install uninstall dist sysroot sdk examples demo lint clean help \
	test test-docs test-anywhere test-clients test-cpython test-mutants cpython fuzz mutants bench matrix

# --- What the user says ------------------------------------------------------

# A value that cannot be right ends every target at once, with one line.
is_set = $(filter-out undefined,$(origin $(1)))
empty_is_refused = $(if $(call is_set,$(1)),$(if $(strip $($(1))),,$(error $(1) is empty: name a directory, or leave $(1) away)))
$(foreach name,SYSROOT PREFIX DEST,$(call empty_is_refused,$(name)))
$(if $(word 2,$(CURDIR)),$(error make cannot work in "$(CURDIR)": a space is in its name. Move it, or link to it from a place without))
$(foreach name,WASI_SDK_PATH SYSROOT,$(if $(word 2,$($(name))),\
	$(error $(name)="$($(name))" has a space in its name, which make cannot take: link to it from a place without)))

# The toolchain: a real wasi-sdk where WASI_SDK_PATH names one, else our own under .toolchain/.
TOOLCHAIN := $(CURDIR)/.toolchain
OWN_SDK := $(if $(WASI_SDK_PATH),,yes)
SDK := $(if $(OWN_SDK),$(TOOLCHAIN)/wasi-sdk,$(abspath $(WASI_SDK_PATH)))
$(if $(OWN_SDK),,$(if $(wildcard $(SDK)/bin/clang),,\
	$(error WASI_SDK_PATH=$(WASI_SDK_PATH) is no wasi-sdk: it has no bin/clang)))

# The sysroot that the user names, by itself or as that of a wasi-sdk; none: ours.
NAMED_SYSROOT := $(if $(call is_set,SYSROOT),$(SYSROOT),$(if $(OWN_SDK),,$(SDK)/share/wasi-sysroot))
override SYSROOT := $(abspath $(or $(NAMED_SYSROOT),$(SDK)/share/wasi-sysroot))
$(if $(NAMED_SYSROOT),$(if $(wildcard $(SYSROOT)/lib/wasm32-wasip2/libc.a),,\
	$(error SYSROOT=$(NAMED_SYSROOT) is no wasi-libc sysroot: it has no lib/wasm32-wasip2/libc.a)))

PREFIX ?= /usr/local
FD ?= yes
REPLACE ?= no
$(foreach name,FD REPLACE,$(if $(filter-out yes no,$($(name))),$(error $(name)=$($(name)): say yes or no)))

export PATH := $(TOOLCHAIN)/bin:$(PATH)

# Two makes in one tree wait for each other. A process beside the first has the lock until that make is
# gone, or has ended and its parent has not looked yet: then it has no /proc/PID/exe.
ifeq ($(filter $(CURDIR),$(TREE_LOCKED))$(filter help,$(MAKECMDGOALS)),)
$(shell exec 9<.; flock -w 0.5 9 || { echo 'make: waiting for another make in this tree' >&2; flock 9; }; \
	while [ -e /proc/$$PPID/exe ]; do sleep 0.2; done >/dev/null 2>&1 &)
export TREE_LOCKED := $(CURDIR)
endif

# $(call for_each_sysroot,GOAL…): of those that the toolchain has.
for_each_sysroot = for sysroot in .toolchain/sysroots/*; do $(MAKE) -s SYSROOT=$$sysroot $(1); done

# --- The toolchain -----------------------------------------------------------

# Each sysroot has a build directory of its own, named after its snapshot where it is one of ours.
SNAPSHOT := $(patsubst $(TOOLCHAIN)/sysroots/%,%,$(SYSROOT))
BUILD := build/$(if $(findstring /,$(SNAPSHOT)),sysroot-$(firstword $(shell cksum <<<'$(SYSROOT)')),$(SNAPSHOT))

toolchain: ## .toolchain/: compiler, sysroots, wasmtime and all else, from package registries
	scripts/toolchain.sh

.PHONY: toolchain-sdk
toolchain-sdk:
	@scripts/toolchain.sh sdk

# --- The overlay -------------------------------------------------------------

# The functions that take the place of wasi-libc's, or that it lacks.
FUNCTIONS := futimens utimensat utimes futimes lutimes utime futimesat
UNITS := $(FUNCTIONS) wasi_utimens_fd_support

CLANG = $(SDK)/bin/clang --target=wasm32-wasip2 --sysroot=$(SYSROOT)
OVERLAY_CXXFLAGS := -std=c++20 -O2 -fno-exceptions -fno-rtti -nostdinc++ \
	-D_GNU_SOURCE -Wall -Wextra -Wconversion \
	-isystem include -Iwit-imports -Ilibc-overlay

# With the archives of `wrap` a guest links by `-Wl,--wrap=NAME`, so there the functions bear the
# names that the linker looks for, and more objects see to it that a link that cannot be right fails.
# Those of `plain` go into a libc.a.
WRAPPED := $(FUNCTIONS) wasi_utimens_is_linked_without_the_flags_of_link_rsp
UNITS_wrap := plain-names this-archive-is-for-another-wasi-libc
CXXFLAGS_wrap := $(foreach name,$(FUNCTIONS),-D$(name)=__wrap_$(name)) -include libc-overlay/wrap/checks.h
# As plain, for shared libraries. Apart, since position-independent code makes a refused call dearer.
CXXFLAGS_pic := -fPIC

HEADERS := $(wildcard include/*/*.h wit-imports/*.h libc-overlay/*/*.h)

# Which wasi-libc it is, by what its libc.a holds. By content: a sysroot upgraded in place may look
# older than what was built from it.
.PHONY: force
$(BUILD)/libc.sum: force | $(if $(NAMED_SYSROOT),,toolchain-sdk)
	@mkdir -p $(@D)
	@cksum <$(SYSROOT)/lib/wasm32-wasip2/libc.a >$@.$$$$; if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi

$(BUILD)/generation: $(BUILD)/libc.sum scripts/generation.py scripts/wasm_object.py
	@scripts/generation.py $(SYSROOT) >$@.new
	@mv $@.new $@

define compile
@mkdir -p $(@D)
$(CLANG) $(OVERLAY_CXXFLAGS) $(CXXFLAGS_$(1)) -DWASI_UTIMENS_NOFD=$(2) \
	-DWASI_LIBC_GENERATION="\"generation/$(or $(GENERATION_$(1)),$$(cat $(BUILD)/generation)).h\"" -MJ $(@:.o=.json) -c $< -o $@
endef

$(BUILD)/%/nofd/futimens.o: libc-overlay/posix/futimens.cpp $(HEADERS) Makefile $(BUILD)/generation
	$(call compile,$*,true)

vpath %.cpp libc-overlay/posix libc-overlay/wrap
define variant_rules
$$(BUILD)/$(1)/%.o: %.cpp $$(HEADERS) Makefile $$(BUILD)/generation
	$$(call compile,$(1),false)

$$(BUILD)/$(1)/libwasi-utimens.a: $$(patsubst %,$$(BUILD)/$(1)/%.o,$$(UNITS) $$(UNITS_$(1)))
$$(BUILD)/$(1)/libwasi-utimens-nofd.a: $$(BUILD)/$(1)/nofd/futimens.o \
	$$(patsubst %,$$(BUILD)/$(1)/%.o,$$(filter-out futimens,$$(UNITS) $$(UNITS_$(1))))
endef
$(foreach variant,wrap plain pic,$(eval $(call variant_rules,$(variant))))

# The counted generation, which needs nothing of a sysroot but the headers: for a release, and for the
# suite, which brings a stand-in for its table over that of descriptor-ref.
GENERATION_counted := descriptor-counted
UNITS_counted := $(UNITS_wrap)
CXXFLAGS_counted := $(CXXFLAGS_wrap)
$(eval $(call variant_rules,counted))

$(BUILD)/%.a:
	rm -f $@
	$(SDK)/bin/llvm-ar rcsD $@ $^

# How each unit was compiled, as clang wrote it down.
$(BUILD)/%/compile_commands.json: $(BUILD)/%/libwasi-utimens.a
	@cat $(patsubst %,$(@D)/%.json,$(UNITS) $(UNITS_$*)) | sed '1s/^/[/; $$s/,$$/]/' >$@

compile_commands.json: $(BUILD)/plain/compile_commands.json ## for editors: how each unit of the overlay is compiled
	@cp $< $@

# Shared libraries. They say which WIT their imports come from.
PIC_ARCHIVES := $(BUILD)/pic/libwasi-utimens.a $(BUILD)/pic/libwasi-utimens-nofd.a
$(PIC_ARCHIVES): $(BUILD)/pic/component-type.o
$(BUILD)/pic/component-type.o: wit-imports/component-type.s
	@mkdir -p $(@D)
	$(CLANG) -c $< -o $@

SHARED := $(BUILD)/shared
$(SHARED): $(PIC_ARCHIVES) $(wildcard $(SYSROOT)/lib/wasm32-wasip2/libc.so) $(wildcard scripts/*.py)
	scripts/shared.py $(SYSROOT) $(SDK) $@ $(PIC_ARCHIVES) $(UNITS)

overlay: $(foreach variant,wrap plain,$(BUILD)/$(variant)/libwasi-utimens.a $(BUILD)/$(variant)/libwasi-utimens-nofd.a) $(SHARED) ## the overlay for SYSROOT (the default target)

# --- Installed, for an untouched sysroot -------------------------------------

# All that an installation has, as its prefix.
PACKAGE := $(BUILD)/package

$(PACKAGE): $(BUILD)/wrap/libwasi-utimens.a $(BUILD)/wrap/libwasi-utimens-nofd.a $(SHARED) include/sys/time.h \
		include/wasi/utimens.h $(wildcard scripts/package/*) scripts/package.sh Makefile
	scripts/package.sh $(BUILD)/wrap $(SHARED) $@ $(WRAPPED)

# What is named goes by the environment, since it may have any character.
install uninstall: export PREFIX := $(PREFIX)
install uninstall: export DESTDIR := $(DESTDIR)

install: $(PACKAGE) ## PREFIX=DIR [SYSROOT=DIR]: headers, archives, and what build systems look for
	@scripts/install.sh --from $(PACKAGE) --prefix "$$PREFIX"
	@cat $(SHARED)/left-out >&2

# For the tests, and to try it.
.PHONY: installed
installed:
	@$(MAKE) -s install DESTDIR= PREFIX=$(CURDIR)/$(BUILD)/install

uninstall: ## PREFIX=DIR: what `make install` put there, gone, and nothing else
	@scripts/install.sh --uninstall --prefix "$$PREFIX"

# A release has each generation: where no sysroot of the toolchain is counted, over the newest.
DIST ?= build/dist

$(BUILD)/package-counted: $(BUILD)/counted/libwasi-utimens.a $(BUILD)/counted/libwasi-utimens-nofd.a $(PACKAGE)
	scripts/package.sh $(BUILD)/counted '' $@ $(WRAPPED)

dist: ## [DIST=DIR]: a release, with an installation for each wasi-libc generation
	@WASI_SDK_PATH= scripts/toolchain.sh sdk sysroots
	@for sysroot in .toolchain/sysroots/*; do \
	    build=build/$${sysroot##*/}; \
	    $(MAKE) -s SYSROOT=$$sysroot $$build/package; \
	    packages+=($$(cat $$build/generation)=$$build/package); \
	done; \
	$(MAKE) -s SYSROOT=$$sysroot $$build/package-counted; \
	scripts/dist.sh '$(DIST)' descriptor-counted=$$build/package-counted "$${packages[@]}"

# --- A sysroot with the overlay inside ---------------------------------------

nofd := $(if $(filter no,$(FD)),-nofd)

# overlay_inside,SCRIPT,FROM,TO as the shell takes it,-nofd or nothing
overlay_inside = scripts/$(1).py '$(2)' $(3) --archive $(BUILD)/plain/libwasi-utimens$(4).a \
	--pic-archive $(BUILD)/pic/libwasi-utimens$(4).a --headers include --sdk $(SDK) --replace $(REPLACE) $(FUNCTIONS)

sysroot sdk: export DEST := $(DEST)

sysroot: $(BUILD)/plain/libwasi-utimens$(nofd).a $(BUILD)/pic/libwasi-utimens$(nofd).a ## DEST=DIR [SYSROOT=DIR] [FD=no] [REPLACE=yes]: a sysroot with the overlay inside
	@$(call overlay_inside,sysroot,$(SYSROOT),"$$DEST",$(nofd))

sdk: $(BUILD)/plain/libwasi-utimens$(nofd).a $(BUILD)/pic/libwasi-utimens$(nofd).a ## DEST=DIR [WASI_SDK_PATH=SDK] [FD=no] [REPLACE=yes]: a wasi-sdk with the overlay inside
	$(if $(filter-out $(SDK)/share/wasi-sysroot,$(SYSROOT)),$(error make sdk takes the sysroot of the SDK: say WASI_SDK_PATH=SDK, and leave SYSROOT away))
	@$(call overlay_inside,sdk,$(SDK),"$$DEST",$(nofd))

# The copies that tests use, and those that CPython and the clients are built on.
SYSROOTS := $(BUILD)/sysroot build/cpython-sysroot build/clients-sysroot
$(SYSROOTS): $(BUILD)/plain/libwasi-utimens.a $(BUILD)/pic/libwasi-utimens.a
$(SYSROOTS:%=%-nofd): $(BUILD)/plain/libwasi-utimens-nofd.a $(BUILD)/pic/libwasi-utimens-nofd.a
$(SYSROOTS) $(SYSROOTS:%=%-nofd): $(HEADERS) $(wildcard scripts/*.py)
	rm -rf $@
	$(call overlay_inside,sysroot,$(SYSROOT),$@,$(if $(findstring -nofd,$@),-nofd))
	touch $@

# --- See it ------------------------------------------------------------------

$(BUILD)/examples/%.wasm: examples/%.c examples/errno-name.h $(PACKAGE)
	@mkdir -p $(@D)
	$(CLANG) -O2 --config=$(PACKAGE)/share/wasi-utimens/wasi-utimens.cfg $< -o $@

examples: $(patsubst examples/%.c,$(BUILD)/examples/%.wasm,$(wildcard examples/*.c)) ## examples/*.c, compiled with the overlay
	@mkdir -p build/examples
	@cp $^ build/examples/
	@printf '%s\n' $(patsubst $(BUILD)/%,build/%,$^)

demo: | toolchain-sdk ## the overlay built, and a touch(1) with it run under wasmtime
	@scripts/toolchain.sh runtime
	@$(MAKE) -s installed
	@scripts/demo.sh $(SDK) $(SYSROOT) $(CURDIR)/$(BUILD)/install $(BUILD)/demo

# --- Tested, measured, used --------------------------------------------------

PYTHON := PYTHONPATH=test .toolchain/venv/bin/python
PYTEST := .toolchain/venv/bin/python -m pytest
PIP_INSTALL := .toolchain/venv/bin/python -m pip --disable-pip-version-check install -q --only-binary=:all: --require-hashes

include test/test.mk test/linux/fuzz.mk test/mutants/mutants.mk test/examples/matrix.mk test/bench/bench.mk test/anywhere/anywhere.mk test/applications/applications.mk

# --- For whoever works on it -------------------------------------------------

.PHONY: lint-build
lint-build: $(BUILD)/wrap/compile_commands.json $(BUILD)/counted/compile_commands.json
lint: | toolchain ## clang-format and clang-tidy, shellcheck, ruff
	@$(call for_each_sysroot,lint-build)
	@scripts/lint.sh $$(ls .toolchain/sysroots | sed 's|^|build/|')

clean: ## build/ gone; .toolchain/ stays
	rm -rf build

help: ## what there is to type
	@sed -nE 's/^([a-z_.-]+):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 24
