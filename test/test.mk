# The suite: what `make test` builds, and how it runs.

# On the sysroot that the user names; else on every one that the toolchain has.
TEST_SYSROOTS := $(if $(NAMED_SYSROOT),$(SYSROOT),.toolchain/sysroots/*)
TEST_NAMED := $(if $(NAMED_SYSROOT),TEST_SYSROOT='$(SYSROOT)' TEST_BUILD='$(BUILD)')
# Which of the tests: files and pytest's own words, `T='test/host -k directories'`.
T ?= test

# All that the tests look for. CATCH2=DIR: a Catch2 3 in place of Debian's.
.PHONY: test-build
test-build:
	@scripts/toolchain.sh sdk sysroots runtime catch2 test-tools
	@for sysroot in $(TEST_SYSROOTS); do \
	    $(MAKE) -s -j$$(nproc) --no-print-directory SYSROOT=$$sysroot test-build-sysroot; \
	done

.PHONY: test-build-sysroot
test-build-sysroot: $(BUILD)/ubsan/libwasi-utimens.a
	$(MAKE) -s installed
	$(MAKE) -s $(BUILD)/sysroot $(BUILD)/sysroot-nofd
	$(MAKE) -s suite

test: test-build ## [T='…'] [WASI_SDK_PATH=DIR or SYSROOT=DIR]: every test, on every wasi-libc generation
	$(TEST_NAMED) $(PYTEST) -q -rfEs -n 2 --dist loadgroup $(T)

test-docs: test-build ## every command of the pages as it is typed, and what they say of stock wasi-libc
	$(TEST_NAMED) $(PYTEST) -q -n 2 test/docs

# With the undefined behaviour sanitizer, which ends the guest (`wasm trap: unreachable`).
UNITS_ubsan := $(UNITS_wrap)
CXXFLAGS_ubsan := $(CXXFLAGS_wrap) -fsanitize=undefined -fsanitize-trap=undefined
$(eval $(call variant_rules,ubsan))

# --- The Catch2 suite's objects; test/guest/catch2_suite.py links and runs them -----

AMALGAMATED := $(TOOLCHAIN)/src/catch2
SUITE := $(BUILD)/catch2
SUITE_PARTS := pure generation posix posix/beside generation/counted
SUITE_SOURCES := $(wildcard $(SUITE_PARTS:%=test/guest/%/*.cpp))
SUITE_OBJECTS := $(SUITE_SOURCES:test/guest/%.cpp=$(SUITE)/%.o)
SUITE_HEADERS := $(wildcard test/guest/*/*.h test/guest/*/*/*.h) $(HEADERS)
SUITE_CXX = $(SDK)/bin/clang++ --target=wasm32-wasip2 --sysroot=$(SYSROOT) -std=c++20 -fno-exceptions \
	-D_GNU_SOURCE -DCATCH_CONFIG_NO_POSIX_SIGNALS -isystem test/guest/catch2 -isystem $(AMALGAMATED) -isystem include
# Catch2's header is most of what a case costs to compile, so it is compiled once.
SUITE_PCH := $(SUITE)/catch_amalgamated.pch
SUITE_CXXFLAGS := -include-pch $(SUITE_PCH) -Wall -Wextra -Werror -Iwit-imports -Ilibc-overlay -Itest/guest

$(SUITE)/catch_amalgamated.o: $(AMALGAMATED)/catch_amalgamated.cpp test/guest/catch2/__config_site
	@mkdir -p $(@D)
	$(SUITE_CXX) -O1 -c $< -o $@

$(SUITE_PCH): $(AMALGAMATED)/catch_amalgamated.hpp test/guest/catch2/__config_site $(BUILD)/libc.sum
	@mkdir -p $(@D)
	$(SUITE_CXX) -Wno-pragma-system-header-outside-header -x c++-header $< -o $@

$(SUITE)/streams.o: test/guest/catch2/streams.cpp test/guest/catch2/__config_site
	@mkdir -p $(@D)
	$(SUITE_CXX) -c $< -o $@

$(SUITE)/%.o: test/guest/%.cpp $(SUITE_HEADERS) $(SUITE_PCH) $(BUILD)/generation
	@mkdir -p $(@D)
	generation=$(if $(findstring counted/,$@),descriptor-counted,$$(cat $(BUILD)/generation)); \
	$(SUITE_CXX) $(SUITE_CXXFLAGS) -c $< -o $@ -DWASI_LIBC_GENERATION="\"generation/$$generation.h\"" \
	    -DTIMES_ARE_64_BIT_NANOSECONDS=$$([ $$generation = preview1 ] && echo 1 || echo 0)

.PHONY: suite
suite: $(SUITE)/catch_amalgamated.o $(SUITE)/streams.o $(BUILD)/generation
	$(MAKE) -s $$([ $$(cat $(BUILD)/generation) = descriptor-ref ] && echo suite-counted || echo suite-objects)

.PHONY: suite-objects suite-counted
suite-objects: $(filter-out $(SUITE)/generation/counted/%,$(SUITE_OBJECTS))
suite-counted: $(SUITE_OBJECTS) $(BUILD)/counted/libwasi-utimens.a $(BUILD)/counted/libwasi-utimens-nofd.a
