// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The host's side: the two methods of wasi:filesystem/types@0.2 that set
// times, typed. wit/filesystem.wit says what they are; test/host/imports_test.py checks
// that this header and the WIT agree.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace wasi_utimens::wit {

// An `own` or `borrow` handle of the resource `descriptor`.
using descriptor = int32_t;

enum class path_flags : int32_t { none = 0, symlink_follow = 1 };

enum class new_timestamp_tag : int32_t { no_change, now, timestamp };

struct datetime {
  uint64_t seconds;
  uint32_t nanoseconds;
};

// A variant: the datetime counts only under the tag `timestamp`; the host does
// not look at it under the others (Canonical ABI, flattening of variants).
struct new_timestamp {
  new_timestamp_tag tag;
  uint64_t seconds;
  uint32_t nanoseconds;
};

enum class error_code : uint8_t {
  access,
  would_block,
  already,
  bad_descriptor,
  busy,
  deadlock,
  quota,
  exist,
  file_too_large,
  illegal_byte_sequence,
  in_progress,
  interrupted,
  invalid,
  io,
  is_directory,
  loop,
  too_many_links,
  message_size,
  name_too_long,
  no_device,
  no_entry,
  no_lock,
  insufficient_memory,
  insufficient_space,
  not_directory,
  not_empty,
  not_recoverable,
  unsupported,
  no_tty,
  no_such_device,
  overflow,
  not_permitted,
  pipe,
  read_only,
  invalid_seek,
  text_file_busy,
  cross_device,
};

// result<_, error-code>, laid out as the host writes it.
struct result {
  uint8_t is_err;
  error_code err;
};

namespace lowered {

#define WIT_FILESYSTEM_IMPORT(name)                                                                \
  [[clang::import_module("wasi:filesystem/types@0.2.0"),                                           \
    clang::import_name("[method]descriptor." name)]]

extern "C" {
WIT_FILESYSTEM_IMPORT("set-times")
void wasi_utimens_import_set_times(descriptor self, new_timestamp_tag access_tag,
                                   uint64_t access_seconds, uint32_t access_nanoseconds,
                                   new_timestamp_tag modification_tag,
                                   uint64_t modification_seconds, uint32_t modification_nanoseconds,
                                   result *ret);

WIT_FILESYSTEM_IMPORT("set-times-at")
void wasi_utimens_import_set_times_at(descriptor self, path_flags flags, const char *path,
                                      size_t path_length, new_timestamp_tag access_tag,
                                      uint64_t access_seconds, uint32_t access_nanoseconds,
                                      new_timestamp_tag modification_tag,
                                      uint64_t modification_seconds,
                                      uint32_t modification_nanoseconds, result *ret);
}

#undef WIT_FILESYSTEM_IMPORT

} // namespace lowered

inline result set_times(descriptor self, const new_timestamp &access,
                        const new_timestamp &modification) {
  result ret;
  lowered::wasi_utimens_import_set_times(self, access.tag, access.seconds, access.nanoseconds,
                                         modification.tag, modification.seconds,
                                         modification.nanoseconds, &ret);
  return ret;
}

// `path` is UTF-8: the component traps on anything else.
inline result set_times_at(descriptor self, path_flags flags, const char *path, size_t path_length,
                           const new_timestamp &access, const new_timestamp &modification) {
  result ret;
  lowered::wasi_utimens_import_set_times_at(self, flags, path, path_length, access.tag,
                                            access.seconds, access.nanoseconds, modification.tag,
                                            modification.seconds, modification.nanoseconds, &ret);
  return ret;
}

} // namespace wasi_utimens::wit
