// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "set-fd-times.h"

#include "pure/errno-of.h"
#include "pure/set-errno.h"

#include <sys/stat.h>
#include <wasi/utimens.h>

using namespace wasi_utimens;

int wasi_utimens_fd_support(int fd) {
  constexpr timespec no_change[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
  const int error = set_fd_times(fd, no_change);
  if (error == errno_of(wit::error_code::unsupported)) {
    return 0;
  }
  return set_errno(error) == 0 ? 1 : -1;
}
