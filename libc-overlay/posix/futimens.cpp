// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "forms.h"
#include "refuse.h"

#include <sys/stat.h>

using namespace wasi_utimens;

int futimens(int fd, const timespec times[2]) {
  return fd < 0 ? returned(EBADF) : fd_form(fd, times, 0);
}
