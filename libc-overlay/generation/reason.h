// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "descriptor.h"

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

} // namespace wasi_utimens
