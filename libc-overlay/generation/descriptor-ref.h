// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// wasi-libc of January to April 2026: the descriptor table lends a pointer to its entry.
#pragma once

#include "host-descriptor.h"

extern "C" {
// NULL with errno EBADF where `fd` is not open.
wasi_utimens::descriptor_table_entry *descriptor_table_get_ref(int fd);
// Not called here.
int __wasilibc_init_stdio();
}

namespace wasi_utimens {

class file_descriptor : public host_descriptor {
public:
  // The libcs of 2024 have another function of the first name, the later ones have the second too.
  static constexpr struct {
    decltype(descriptor_table_get_ref) *first;
    decltype(__wasilibc_init_stdio) *second;
  } only_in_this_libc = {descriptor_table_get_ref, __wasilibc_init_stdio};

  explicit file_descriptor(int fd) : host_descriptor(descriptor_table_get_ref(fd)) {}
};

} // namespace wasi_utimens
