// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fd form: times through a file descriptor.

#include "set-fd-times.h"

#include "generation/reason.h"
#include "pure/returned.h"

#include <sys/stat.h>

namespace wasi_utimens {

namespace {

// The one difference of the no-fd build: it stands for a host that always answers `unsupported`,
// and does not import set-times.
int set_times(const descriptor &fd, const new_times &times) {
  if constexpr (WASI_UTIMENS_FD) {
    return fd.set_times(times);
  } else {
    return errno_of(wit::error_code::unsupported);
  }
}

// After one of these answers the descriptor may still be a directory whose times can be set from
// within: wasmtime says bad-descriptor for a preopened directory, the adapter for every one.
bool may_hide_directory(int error) {
  return error == errno_of(wit::error_code::bad_descriptor) ||
         error == errno_of(wit::error_code::unsupported);
}

// "." on the same descriptor reaches nothing but the directory that it is. Where that is refused in
// the same way, or it is no directory, the first error stands.
[[gnu::noinline]] int set_directory_times(int number, const timespec *times, int error) {
  const descriptor fd(number);
  if (!fd.may_be_directory()) {
    return error;
  }
  const int directory_error =
      fd.set_times_at(wit::path_flags::none, ".", 1, new_times_of(times, descriptor::end));
  if (directory_error == errno_of(wit::error_code::bad_descriptor)) {
    return reason(fd, error, EINVAL);
  }
  return directory_error == errno_of(wit::error_code::not_directory) ||
                 directory_error == errno_of(wit::error_code::unsupported)
             ? error
             : directory_error;
}

} // namespace

int set_fd_times(int number, const timespec *times) {
  const descriptor fd(number);
  if (fd.presumed_kind() != descriptor_kind::file) {
    return reason(fd, 0, EINVAL);
  }
  const auto ask_host = [&](const new_times &new_times) {
    const int error = set_times(fd, new_times);
    return may_hide_directory(error) ? set_directory_times(number, times, error) : error;
  };
  if (times == nullptr) {
    return ask_host(both_now); // by itself, since there is nothing to convert
  }
  const auto new_times = new_times_of(times, descriptor::end);
  return new_times.in_range ? ask_host(new_times) : reason(fd, EINVAL, EINVAL);
}

} // namespace wasi_utimens

using namespace wasi_utimens;

int futimens(int fd, const timespec times[2]) {
  if (fd < 0) {
    return returned(EBADF);
  }
  return both_omitted(times) ? 0 : returned(set_fd_times(fd, times));
}
