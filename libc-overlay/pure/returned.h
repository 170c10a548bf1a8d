// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <errno.h>

namespace wasi_utimens {

// What a C call returns for 0 or an errno. errno is left alone on success.
inline int returned(int error) {
  if (error == 0) {
    return 0;
  }
  errno = error;
  return -1;
}

} // namespace wasi_utimens
