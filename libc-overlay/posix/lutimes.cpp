// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pure/timespecs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>

using namespace wasi_utimens;

int lutimes(const char *path, const timeval times[2]) {
  return utimensat(AT_FDCWD, path, timespecs(times).get(), AT_SYMLINK_NOFOLLOW);
}
