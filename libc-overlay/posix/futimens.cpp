// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fd form: times through a file descriptor.

#include "set-fd-times.h"

#include "generation/first-error.h"
#include "pure/set-errno.h"

#include <sys/stat.h>

namespace wasi_utimens {

namespace {

// The one difference of the nofd build: it behaves as on a host that always answers `unsupported`,
// and does not import set-times.
int set_file_times(const file_descriptor &target, const new_timestamps &times) {
  if constexpr (WASI_UTIMENS_NOFD) {
    return errno_of(wit::error_code::unsupported);
  } else {
    return target.call_set_times(times);
  }
}

// After one of these answers the file may still be a directory whose times can be set by the path
// ".": wasmtime says bad-descriptor for a preopened directory, the adapter for every directory.
bool may_be_refused_directory(int error) {
  return error == errno_of(wit::error_code::bad_descriptor) ||
         error == errno_of(wit::error_code::unsupported);
}

// "." on the same descriptor can only be the directory itself. The first error stands where it is
// no directory, or where the host finds no more in the descriptor than before.
[[gnu::noinline]] int set_directory_times(int fd, const timespec *times, int error) {
  const file_descriptor target(fd);
  if (!target.may_be_directory()) {
    return error;
  }
  const int directory_error =
      target.call_set_times_at(wit::path_flags::none, ".", 1,
                               new_timestamps_of(times, file_descriptor::first_unrepresentable));
  if (directory_error == errno_of(wit::error_code::bad_descriptor)) {
    return first_error(target, EINVAL, error);
  }
  return directory_error == errno_of(wit::error_code::not_directory) ? error : directory_error;
}

} // namespace

int set_fd_times(int fd, const timespec *times) {
  const file_descriptor target(fd);
  if (target.presumed_kind() != fd_kind::file) {
    return error_of(target, EINVAL);
  }
  const auto ask_host = [&](const new_timestamps &requested) {
    const int error = set_file_times(target, requested);
    return may_be_refused_directory(error) ? set_directory_times(fd, times, error) : error;
  };
  if (times == nullptr) {
    return ask_host(both_now); // a branch of its own, since there is nothing to convert
  }
  const auto requested = new_timestamps_of(times, file_descriptor::first_unrepresentable);
  return requested.in_range ? ask_host(requested) : first_error(target, EINVAL, EINVAL);
}

} // namespace wasi_utimens

using namespace wasi_utimens;

int futimens(int fd, const timespec times[2]) {
  if (fd < 0) {
    return set_errno(EBADF);
  }
  return both_omitted(times) ? 0 : set_errno(set_fd_times(fd, times));
}
