/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The sysroot's own <sys/time.h>, and the two functions of the utime family that wasi-libc neither
 * declares nor defines. The others of the family are declared where POSIX and wasi-libc have them:
 * futimens and utimensat in <sys/stat.h>, utimes and futimesat in <sys/time.h>, utime in <utime.h>.
 * All seven follow the rules that <wasi/utimens.h> lists.
 */
#ifndef WASI_UTIMENS_SYS_TIME_H
#define WASI_UTIMENS_SYS_TIME_H

/* As a compiler treats the header that this one stands in for: no warning of #include_next with
 * -pedantic, even where -I in place of -isystem names the directory. */
#pragma GCC system_header

/* In a sysroot that holds the overlay this file has the place of the sysroot's own. */
#if __has_include(<wasi/stock/sys/time.h>)
#include <wasi/stock/sys/time.h>
#else
#include_next <sys/time.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_GNU_SOURCE) || defined(_BSD_SOURCE)

/* Sets the access and modification times of the file that `fd` refers to (futimes(3)).
 *
 * fd     an open file descriptor of a file of any type, in any access mode
 * times  times[0] access, times[1] modification; NULL: both the current time. tv_sec: seconds
 *        since 1970-01-01 00:00 UTC, 0 or more. tv_usec: microseconds, 0 to 999999.
 *
 * Returns 0 with errno left alone, or -1 with errno as futimens sets it: see <wasi/utimens.h>.
 */
int futimes(int fd, const struct timeval times[2]);

/* Like utimes, but a symbolic link's own times are set, not those of the file it refers to
 * (lutimes(3)).
 *
 * path   absolute, or relative to the current directory; UTF-8
 * times  as for futimes
 *
 * Returns 0 with errno left alone, or -1 with errno as utimensat sets it with AT_FDCWD and
 * AT_SYMLINK_NOFOLLOW: see <wasi/utimens.h>.
 */
int lutimes(const char *path, const struct timeval times[2]);

#endif

#ifdef __cplusplus
}
#endif

#endif
