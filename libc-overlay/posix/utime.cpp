// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pure/timespecs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <utime.h>

using namespace wasi_utimens;

int utime(const char *path, const utimbuf *times) {
  return utimensat(AT_FDCWD, path, timespecs(times).get(), 0);
}
