// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pure/timespecs.h"

#include <sys/stat.h>
#include <sys/time.h>

using namespace wasi_utimens;

int futimes(int fd, const timeval times[2]) { return futimens(fd, timespecs(times).get()); }
