// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a call is refused.
#pragma once

#include "generation/descriptor.h"

#include <errno.h>

namespace wasi_utimens {

// Why a call on `fd` fails: what is wrong with the file descriptor itself comes before `error`.
// A generation that only presumed a file finds out here.
inline int reason(const descriptor &fd, int error, int not_file) {
  switch (fd.kind()) {
  case descriptor_kind::not_open:
    return EBADF;
  case descriptor_kind::not_file:
    return not_file;
  case descriptor_kind::file:
    break;
  }
  return error;
}

// What a C call returns for 0 or an errno. errno is left alone on success.
inline int returned(int error) {
  if (error == 0) {
    return 0;
  }
  errno = error;
  return -1;
}

} // namespace wasi_utimens
