// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The host's side as the wasi-libc of 2024 sees it: the functions of preview 1 that set times,
// which the adapter of wasm-component-ld turns into the two methods of wit/filesystem.wit.
// wasi-libc has them too, but measures the path once more.
#pragma once

#include <stddef.h>
#include <wasi/api.h>

namespace wasi_utimens::preview1 {

extern "C" {
[[clang::import_module("wasi_snapshot_preview1"), clang::import_name("fd_filestat_set_times")]]
int wasi_utimens_import_fd_filestat_set_times(int fd, __wasi_timestamp_t access,
                                              __wasi_timestamp_t modification, int fstflags);

[[clang::import_module("wasi_snapshot_preview1"), clang::import_name("path_filestat_set_times")]]
int wasi_utimens_import_path_filestat_set_times(int fd, int lookupflags, const char *path,
                                                size_t path_length, __wasi_timestamp_t access,
                                                __wasi_timestamp_t modification, int fstflags);
}

} // namespace wasi_utimens::preview1
