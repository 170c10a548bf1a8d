// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "file-descriptor.h"

#include <errno.h>

namespace wasi_utimens {

// What is wrong with the file descriptor itself: EBADF where it is not open, `not_file` where it is
// no file's, else 0. To be asked only of a call that fails: it may cost a question to the adapter.
inline int error_of(const file_descriptor &target, int not_file) {
  switch (target.kind()) {
  case fd_kind::not_open:
    return EBADF;
  case fd_kind::not_file:
    return not_file;
  case fd_kind::file:
    break;
  }
  return 0;
}

// The error of a call that fails with `error`, unless the file descriptor itself is at fault: that
// comes earlier in the order.
inline int first_error(const file_descriptor &target, int not_file, int error) {
  const int earlier = error_of(target, not_file);
  return earlier != 0 ? earlier : error;
}

} // namespace wasi_utimens
