// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A link with the wrong wasi-libc fails, and the linker's message names this object: what it refers
// to is not defined there.

#include "generation/file-descriptor.h"

extern "C" [[gnu::used]] constexpr auto wasi_utimens_libc_check =
    wasi_utimens::file_descriptor::only_in_this_libc;
