// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one table from WIT's error-code to errno.
#pragma once

#include "filesystem.h"

#include <errno.h>

namespace wasi_utimens {

// Indexed by error-code. Each has the errno of its name, all different, with one exception:
// `unsupported` is ENOSYS, which is POSIX's word for a function that a system does not have, where
// wasi-libc says ENOTSUP.
inline constexpr uint8_t errno_table[] = {
    EACCES,          // access
    EAGAIN,          // would-block
    EALREADY,        // already
    EBADF,           // bad-descriptor
    EBUSY,           // busy
    EDEADLK,         // deadlock
    EDQUOT,          // quota
    EEXIST,          // exist
    EFBIG,           // file-too-large
    EILSEQ,          // illegal-byte-sequence
    EINPROGRESS,     // in-progress
    EINTR,           // interrupted
    EINVAL,          // invalid
    EIO,             // io
    EISDIR,          // is-directory
    ELOOP,           // loop
    EMLINK,          // too-many-links
    EMSGSIZE,        // message-size
    ENAMETOOLONG,    // name-too-long
    ENODEV,          // no-device
    ENOENT,          // no-entry
    ENOLCK,          // no-lock
    ENOMEM,          // insufficient-memory
    ENOSPC,          // insufficient-space
    ENOTDIR,         // not-directory
    ENOTEMPTY,       // not-empty
    ENOTRECOVERABLE, // not-recoverable
    ENOSYS,          // unsupported
    ENOTTY,          // no-tty
    ENXIO,           // no-such-device
    EOVERFLOW,       // overflow
    EPERM,           // not-permitted
    EPIPE,           // pipe
    EROFS,           // read-only
    ESPIPE,          // invalid-seek
    ETXTBSY,         // text-file-busy
    EXDEV,           // cross-device
};
static_assert(sizeof errno_table == 37);

// The errno of an error-code; EIO for a case that this version does not know.
constexpr int errno_of(wit::error_code code) {
  const auto index = static_cast<uint8_t>(code);
  return index < sizeof errno_table ? errno_table[index] : EIO;
}

// 0, or the errno of what the host answered.
constexpr int errno_of(wit::result answer) { return answer.is_err != 0 ? errno_of(answer.err) : 0; }

} // namespace wasi_utimens
