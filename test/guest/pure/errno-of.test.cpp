// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pure/errno-of.h"

#include <catch_amalgamated.hpp>

#include <set>

using namespace wasi_utimens;

namespace {

constexpr int error_codes = 37;

int errno_of_number(int number) { return errno_of(static_cast<wit::error_code>(number)); }

} // namespace

TEST_CASE("errno-of: each error-code is the errno of its name") {
  using enum wit::error_code;
  CHECK(errno_of(access) == EACCES);
  CHECK(errno_of(would_block) == EAGAIN);
  CHECK(errno_of(already) == EALREADY);
  CHECK(errno_of(bad_descriptor) == EBADF);
  CHECK(errno_of(busy) == EBUSY);
  CHECK(errno_of(deadlock) == EDEADLK);
  CHECK(errno_of(quota) == EDQUOT);
  CHECK(errno_of(exist) == EEXIST);
  CHECK(errno_of(file_too_large) == EFBIG);
  CHECK(errno_of(illegal_byte_sequence) == EILSEQ);
  CHECK(errno_of(in_progress) == EINPROGRESS);
  CHECK(errno_of(interrupted) == EINTR);
  CHECK(errno_of(invalid) == EINVAL);
  CHECK(errno_of(io) == EIO);
  CHECK(errno_of(is_directory) == EISDIR);
  CHECK(errno_of(loop) == ELOOP);
  CHECK(errno_of(too_many_links) == EMLINK);
  CHECK(errno_of(message_size) == EMSGSIZE);
  CHECK(errno_of(name_too_long) == ENAMETOOLONG);
  CHECK(errno_of(no_device) == ENODEV);
  CHECK(errno_of(no_entry) == ENOENT);
  CHECK(errno_of(no_lock) == ENOLCK);
  CHECK(errno_of(insufficient_memory) == ENOMEM);
  CHECK(errno_of(insufficient_space) == ENOSPC);
  CHECK(errno_of(not_directory) == ENOTDIR);
  CHECK(errno_of(not_empty) == ENOTEMPTY);
  CHECK(errno_of(not_recoverable) == ENOTRECOVERABLE);
  CHECK(errno_of(unsupported) == ENOSYS);
  CHECK(errno_of(no_tty) == ENOTTY);
  CHECK(errno_of(no_such_device) == ENXIO);
  CHECK(errno_of(overflow) == EOVERFLOW);
  CHECK(errno_of(not_permitted) == EPERM);
  CHECK(errno_of(pipe) == EPIPE);
  CHECK(errno_of(read_only) == EROFS);
  CHECK(errno_of(invalid_seek) == ESPIPE);
  CHECK(errno_of(text_file_busy) == ETXTBSY);
  CHECK(errno_of(cross_device) == EXDEV);
}

TEST_CASE("errno-of: no two error-codes are the same errno, and none is 0") {
  std::set<int> errors;
  for (int number = 0; number < error_codes; ++number) {
    errors.insert(errno_of_number(number));
  }
  CHECK(errors.size() == error_codes);
  CHECK(errors.count(0) == 0);
  CHECK(static_cast<int>(wit::error_code::cross_device) == error_codes - 1);
}

TEST_CASE("errno-of: an error-code unknown to this version is EIO") {
  for (int number = error_codes; number <= 255; ++number) {
    CAPTURE(number);
    CHECK(errno_of_number(number) == EIO);
  }
}

TEST_CASE("errno-of: an answer without an error is 0, whatever lies in its error-code") {
  for (int number = 0; number <= 255; ++number) {
    const auto code = static_cast<wit::error_code>(number);
    CAPTURE(number);
    CHECK(errno_of(wit::result{0, code}) == 0);
    CHECK(errno_of(wit::result{1, code}) == errno_of(code));
  }
}
