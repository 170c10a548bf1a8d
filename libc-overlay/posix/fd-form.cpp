// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "forms.h"
#include "refuse.h"

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

// The answers after which the descriptor may still be a directory whose times can be set from
// within. wasmtime says bad-descriptor for a preopened directory, the adapter for every one.
bool is_no_answer_for_directory(int error) {
  return error == errno_of(wit::error_code::bad_descriptor) ||
         error == errno_of(wit::error_code::unsupported);
}

int set_times_or_directory_times(const descriptor &fd, const new_times &times) {
  const int error = set_times(fd, times);
  if (!is_no_answer_for_directory(error)) {
    return error;
  }
  // "." on the same descriptor reaches nothing but the directory that it is: anything else answers
  // not-directory.
  const int directory_error = fd.set_times_at(wit::path_flags::none, ".", 1, times);
  if (directory_error == errno_of(wit::error_code::bad_descriptor)) {
    return reason(fd, error, EINVAL);
  }
  return directory_error == errno_of(wit::error_code::not_directory) ||
                 directory_error == errno_of(wit::error_code::unsupported)
             ? error
             : directory_error;
}

int set_new_times(int number, const new_times &times) {
  const descriptor fd(number);
  if (fd.presumed_kind() != descriptor_kind::file || !times.in_range) {
    return reason(fd, EINVAL, EINVAL);
  }
  return set_times_or_directory_times(fd, times);
}

} // namespace

int set_fd_times(int fd, const timespec *times) {
  return set_new_times(fd, new_times_of(times, descriptor::latest));
}

int fd_form(int fd, const timespec *times, int flags) {
  const auto new_times = new_times_of(times, descriptor::latest);
  if (new_times.both_no_change()) {
    return 0;
  }
  return returned(flags != 0 ? EINVAL : set_new_times(fd, new_times));
}

} // namespace wasi_utimens
