// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// wasi-libc of 2024: files go through preview 1 imports and the adapter, whose descriptor table
// cannot be read from here. So a file descriptor is presumed to be a file's, and the adapter is
// asked only once a call is to be refused.
#pragma once

#include "preview1-functions.h"
#include "pure/errno-of.h"

// wasi-libc's own table beside the adapter's. It holds the sockets, and is there only in a guest
// that has any. The entry's type does not matter here.
extern "C" [[gnu::weak]] bool descriptor_table_get_ref(int fd, void **entry);

namespace wasi_utimens {

class file_descriptor {
public:
  // A 64-bit count of nanoseconds: to 2554.
  static constexpr wit::datetime first_unrepresentable = {
      UINT64_MAX / nanoseconds_per_second, (UINT64_MAX % nanoseconds_per_second) + 1};

  static constexpr auto only_in_this_libc = __wasi_fd_fdstat_get;

  explicit file_descriptor(int fd) : fd(fd) {}

  fd_kind presumed_kind() const { return fd_kind::file; }

  fd_kind kind() const { return kind_of(fd); }

  // The adapter knows, and answers ENOTDIR without asking the host.
  bool may_be_directory() const { return true; }

  int call_set_times(const new_timestamps &times) const {
    return errno_of_answer(preview1::wasi_utimens_import_fd_filestat_set_times(
        fd, nanoseconds(times.access), nanoseconds(times.modification), flags(times)));
  }

  int call_set_times_at(wit::path_flags path_flags, const char *path, size_t path_length,
                        const new_timestamps &times) const {
    static_assert(static_cast<int>(wit::path_flags::symlink_follow) ==
                  __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW);
    return errno_of_answer(preview1::wasi_utimens_import_path_filestat_set_times(
        fd, static_cast<int>(path_flags), path, path_length, nanoseconds(times.access),
        nanoseconds(times.modification), flags(times)));
  }

private:
  // Not inlined, so that a good call does not pay for the stack.
  [[gnu::noinline]] static fd_kind kind_of(int fd) {
    __wasi_fdstat_t stat;
    if (__wasi_fd_fdstat_get(static_cast<__wasi_fd_t>(fd), &stat) != __WASI_ERRNO_SUCCESS) {
      void *socket;
      return descriptor_table_get_ref != nullptr && descriptor_table_get_ref(fd, &socket)
                 ? fd_kind::not_file
                 : fd_kind::not_open;
    }
    // The adapter grants this right to every file and to no stream.
    return (stat.fs_rights_base & __WASI_RIGHTS_FD_FILESTAT_SET_TIMES) != 0 ? fd_kind::file
                                                                            : fd_kind::not_file;
  }

  // The adapter gives each error-code the preview 1 errno of its name, and those are wasi-libc's.
  static int errno_of_answer(int answer) {
    return answer == __WASI_ERRNO_NOTSUP ? errno_of(wit::error_code::unsupported) : answer;
  }

  static __wasi_timestamp_t nanoseconds(const wit::new_timestamp &time) {
    return (time.seconds * nanoseconds_per_second) + time.nanoseconds;
  }

  static int flags(const new_timestamps &times) {
    // By tag: no_change, now, timestamp.
    constexpr uint8_t access[] = {0, __WASI_FSTFLAGS_ATIM_NOW, __WASI_FSTFLAGS_ATIM};
    constexpr uint8_t modification[] = {0, __WASI_FSTFLAGS_MTIM_NOW, __WASI_FSTFLAGS_MTIM};
    return access[static_cast<int>(times.access.tag)] |
           modification[static_cast<int>(times.modification.tag)];
  }

  int fd;
};

} // namespace wasi_utimens
