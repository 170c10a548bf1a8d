// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <errno.h>

namespace wasi_utimens {

// Sets errno to `error` and returns -1, as a C call does; for 0 returns 0 and leaves errno alone.
inline int set_errno(int error) {
  if (error == 0) {
    return 0;
  }
  errno = error;
  return -1;
}

} // namespace wasi_utimens
