// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// wasi-libc of January to April 2026: the descriptor table lends a pointer to its entry.
#pragma once

#include "host-descriptor.h"

// NULL with errno EBADF where `fd` is not open.
extern "C" wasi_utimens::descriptor_table_entry *descriptor_table_get_ref(int fd);

namespace wasi_utimens {

class file_descriptor : public host_descriptor {
public:
  explicit file_descriptor(int fd) : host_descriptor(descriptor_table_get_ref(fd)) {}
};

} // namespace wasi_utimens
