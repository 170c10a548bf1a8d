// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// wasi-libc of 2026: files are wasi:filesystem descriptors in a table of libc's own. This is what
// its generations share: the shape of a table entry, and the calls on the descriptor it holds.
#pragma once

#include "pure/errno-of.h"

#include <errno.h>
#include <sys/stat.h>

namespace wasi_utimens {

// wasi-libc's descriptor_vtable_t, as far as it matters here.
struct descriptor_vtable {
  void (*free)(void *data);
  void (*before_fstat[3])(); // get_read_stream, get_write_stream, set_blocking
  int (*fstat)(void *data, struct stat *status);
  int (*get_file)(void *data, wit::descriptor *borrow); // NULL for what is no file
};

// wasi-libc's descriptor_table_entry_t.
struct descriptor_table_entry {
  void *data;
  const descriptor_vtable *vtable;
};

class host_descriptor {
public:
  // wasi:clocks counts unsigned seconds, time_t signed ones.
  static constexpr wit::datetime first_unrepresentable = {static_cast<uint64_t>(INT64_MAX) + 1, 0};

  // NULL: the file descriptor is not open.
  explicit host_descriptor(const descriptor_table_entry *found)
      : entry(found), known_kind(found == nullptr ? fd_kind::not_open : borrow()) {}

  fd_kind presumed_kind() const { return known_kind; }
  fd_kind kind() const { return known_kind; }

  // By libc's own fstat. WIT has `not-directory` for this, but a host that joins "." to a path that
  // it remembers sets the times of a file, and not always of the one that is open (jco).
  bool may_be_directory() const {
    const int errno_before = errno; // wasi_utimens_fd_support may yet answer 0
    struct stat status;
    const bool is_directory =
        entry->vtable->fstat(entry->data, &status) == 0 && S_ISDIR(status.st_mode);
    errno = errno_before;
    return is_directory;
  }

  int call_set_times(const new_timestamps &times) const {
    return errno_of(wit::set_times(handle, times.access, times.modification));
  }

  int call_set_times_at(wit::path_flags flags, const char *path, size_t path_length,
                        const new_timestamps &times) const {
    return errno_of(
        wit::set_times_at(handle, flags, path, path_length, times.access, times.modification));
  }

private:
  fd_kind borrow() {
    wit::descriptor borrowed; // not `handle` itself: this object stays in registers
    if (entry->vtable->get_file == nullptr ||
        entry->vtable->get_file(entry->data, &borrowed) != 0) {
      return fd_kind::not_file;
    }
    handle = borrowed;
    return fd_kind::file;
  }

  const descriptor_table_entry *entry;
  wit::descriptor handle = 0;
  fd_kind known_kind;
};

} // namespace wasi_utimens
