// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// wasi-libc of August 2026: the descriptor table gives out counted references.
#pragma once

#include "host-descriptor.h"

extern "C" {
// 0 and a counted reference in `entry`; -1 with errno EBADF where `fd` is not open.
int descriptor_table_get(int fd, wasi_utimens::descriptor_table_entry *entry);
// For the last reference, once the count at the head of the entry's data is 0.
void __wasilibc_descriptor_deallocate(wasi_utimens::descriptor_table_entry entry);
}

namespace wasi_utimens {

// Takes the reference before the base class looks at it and drops it after.
class counted_entry {
public:
  explicit counted_entry(int fd) : open(descriptor_table_get(fd, &entry) == 0) {}

  counted_entry(const counted_entry &) = delete;
  counted_entry &operator=(const counted_entry &) = delete;

  ~counted_entry() {
    if (open && --*static_cast<unsigned *>(entry.data) == 0) {
      __wasilibc_descriptor_deallocate(entry);
    }
  }

  const descriptor_table_entry *get() const { return open ? &entry : nullptr; }

private:
  descriptor_table_entry entry;
  bool open;
};

class file_descriptor : private counted_entry, public host_descriptor {
public:
  static constexpr auto only_in_this_libc = descriptor_table_get;

  explicit file_descriptor(int fd) : counted_entry(fd), host_descriptor(get()) {}
};

} // namespace wasi_utimens
