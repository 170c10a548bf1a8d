// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "forms.h"
#include "pure/timespecs.h"

#include <fcntl.h>

using namespace wasi_utimens;

int utime(const char *path, const utimbuf *times) {
  return path_form(AT_FDCWD, path, timespecs(times).get(), 0);
}
