// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of a call with the wasi-libc of January to April 2026.
#pragma once

#include "generation/file-descriptor.h"

using wasi_utimens::wit::new_timestamp_tag;

// libc's look-up of an fd, as descriptor-ref.h and libc itself do it.
inline wasi_utimens::wit::descriptor host_descriptor_of(int fd) {
  wasi_utimens::wit::descriptor borrow;
  const auto *entry = descriptor_table_get_ref(fd);
  entry->vtable->get_file(entry->data, &borrow);
  return borrow;
}

inline void look_up(int fd) { host_descriptor_of(fd); }

inline void import_set_times(wasi_utimens::wit::descriptor file) {
  wasi_utimens::wit::result result;
  wasi_utimens::wit::lowered::wasi_utimens_import_set_times(
      file, new_timestamp_tag::timestamp, 1, 2, new_timestamp_tag::timestamp, 3, 4, &result);
}

inline void import_set_times_now(wasi_utimens::wit::descriptor file) {
  wasi_utimens::wit::result result;
  wasi_utimens::wit::lowered::wasi_utimens_import_set_times(file, new_timestamp_tag::now, 0, 0,
                                                            new_timestamp_tag::now, 0, 0, &result);
}

inline void import_set_times_at(wasi_utimens::wit::descriptor directory, const char *path,
                                size_t length) {
  wasi_utimens::wit::result result;
  wasi_utimens::wit::lowered::wasi_utimens_import_set_times_at(
      directory, wasi_utimens::wit::path_flags::symlink_follow, path, length,
      new_timestamp_tag::timestamp, 1, 2, new_timestamp_tag::timestamp, 3, 4, &result);
}
