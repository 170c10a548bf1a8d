// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <time.h>

namespace wasi_utimens {

// The fd form from its lookup on, for any pair of times: 0 or an errno.
int set_fd_times(int number, const timespec *times);

} // namespace wasi_utimens
