// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <time.h>

namespace wasi_utimens {

// The fd form from the look-up of `fd` on, for any pair of times: 0 or an errno.
int set_fd_times(int fd, const timespec *times);

} // namespace wasi_utimens
