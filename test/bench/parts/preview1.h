// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of a call with the wasi-libc of 2024: the host's functions are those of the adapter,
// which looks the fd up, and libc has no look-up of its own.
#pragma once

#include <stddef.h>
#include <wasi/api.h>

#define PREVIEW1_IMPORT(name)                                                                      \
  [[clang::import_module("wasi_snapshot_preview1"), clang::import_name(name)]]

extern "C" {
PREVIEW1_IMPORT("fd_filestat_set_times")
__wasi_errno_t import_fd_filestat_set_times(__wasi_fd_t fd, __wasi_timestamp_t access,
                                            __wasi_timestamp_t modification,
                                            __wasi_fstflags_t flags);
PREVIEW1_IMPORT("path_filestat_set_times")
__wasi_errno_t import_path_filestat_set_times(__wasi_fd_t fd, __wasi_lookupflags_t lookup_flags,
                                              const char *path, size_t length,
                                              __wasi_timestamp_t access,
                                              __wasi_timestamp_t modification,
                                              __wasi_fstflags_t flags);
}

inline constexpr __wasi_fstflags_t both_given = __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM;

inline int host_descriptor_of(int fd) { return fd; }

inline void look_up(int) {}

inline void import_set_times(int fd) {
  import_fd_filestat_set_times(fd, 1000000002, 3000000004, both_given);
}

inline void import_set_times_now(int fd) {
  import_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM_NOW | __WASI_FSTFLAGS_MTIM_NOW);
}

inline void import_set_times_at(int dirfd, const char *path, size_t length) {
  import_path_filestat_set_times(dirfd, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, length, 1000000002,
                                 3000000004, both_given);
}
