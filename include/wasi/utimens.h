/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * wasi-utimens: what it adds to the utime family, and the rules that all of it follows.
 *
 *   <sys/stat.h>  int futimens(int fd, const struct timespec times[2]);
 *                 int utimensat(int dirfd, const char *path, const struct timespec times[2],
 *                               int flags);
 *   <sys/time.h>  int utimes(const char *path, const struct timeval times[2]);
 *                 int futimes(int fd, const struct timeval times[2]);
 *                 int lutimes(const char *path, const struct timeval times[2]);
 *                 int futimesat(int dirfd, const char *path, const struct timeval times[2]);
 *   <utime.h>     int utime(const char *path, const struct utimbuf *times);
 *
 * futimes, lutimes and futimesat are declared where _GNU_SOURCE or _BSD_SOURCE is defined.
 * wasi-libc defines _BSD_SOURCE by itself, unless the compiler is told to take ISO C alone
 * (-std=c17 and the like) or the program defines another of these macros, such as _POSIX_C_SOURCE.
 *
 * Arguments
 *   times   the first member is the access time, the second the modification time; NULL: both the
 *           current time. tv_sec: seconds since 1970-01-01 00:00 UTC, 0 to the largest time_t
 *           (with the wasi-libc of 2024: to 2554-07-21 23:34:33.709551615 UTC). tv_nsec: 0 to
 *           999999999, or UTIME_NOW (the current time) or UTIME_OMIT (leave as it is), beside
 *           which tv_sec is ignored. tv_usec: 0 to 999999. Nothing is rounded.
 *           [POSIX; WIT datetime]
 *   fd      an open file descriptor of a file of any type, in any access mode [POSIX]
 *   dirfd   an open directory to which a relative path is relative, or AT_FDCWD for the current
 *           directory; an absolute path ignores it [POSIX]
 *   path    a NUL-terminated string in UTF-8. NULL: with utimensat and futimesat the file that
 *           dirfd refers to, of any type [utimensat(2)]
 *   flags   0, or AT_SYMLINK_NOFOLLOW: a symbolic link's own times, as lutimes sets them [POSIX]
 *
 * Each function returns 0 and leaves errno alone, or returns -1, sets errno and has changed
 * nothing. Where several errors apply, docs/SEMANTICS.md says which comes first:
 *   EBADF         fd, or the dirfd of a relative or NULL path, is not open [POSIX]; futimens and
 *                 futimes: fd is negative (AT_FDCWD is), even if both times are UTIME_OMIT
 *   EINVAL        a time is out of range; a flag other than AT_SYMLINK_NOFOLLOW; any flag beside a
 *                 NULL path and a dirfd; fd, or the dirfd of a NULL path, refers to a stdio stream
 *                 or a socket, which has no times here [POSIX; utimensat(2)]
 *   EFAULT        path is NULL, and dirfd is AT_FDCWD or the function has none [utimensat(2)]
 *   ENOENT        path is empty, names no file, is a symbolic link to none that is to be followed,
 *                 or is absolute or relative to AT_FDCWD and under no preopened directory [POSIX]
 *   ENOTDIR       a component of the prefix of path, or the dirfd of a relative path, is not a
 *                 directory [POSIX]
 *   EILSEQ        path is not UTF-8 [WIT string]
 *   ENAMETOOLONG  path, joined to a current directory that chdir has set, is PATH_MAX bytes or
 *                 longer; or the host finds it too long [POSIX]
 *   ENOSYS        the host does not set times in this way (WIT `unsupported`); with
 *                 libwasi-utimens-nofd.a through no fd but a directory's
 *   any other     what the host answered, by its name: `access` EACCES, `not-permitted` EPERM,
 *                 `read-only` EROFS, `loop` ELOOP, and so on for each error-code of
 *                 wasi:filesystem; EIO for one that this version does not know [WIT]
 *
 * Where both times are UTIME_OMIT the call succeeds and looks at nothing else (but for the negative
 * fd of futimens and futimes), as on Linux.
 */
#ifndef WASI_UTIMENS_H
#define WASI_UTIMENS_H

/* The version of the overlay, to compare as numbers: WASI_UTIMENS_VERSION is
 * major * 10000 + minor * 100 + patch. */
#define WASI_UTIMENS_VERSION_MAJOR 0
#define WASI_UTIMENS_VERSION_MINOR 2
#define WASI_UTIMENS_VERSION_PATCH 0
#define WASI_UTIMENS_VERSION                                                                       \
  (WASI_UTIMENS_VERSION_MAJOR * 10000 + WASI_UTIMENS_VERSION_MINOR * 100 +                         \
   WASI_UTIMENS_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the host sets times through the file descriptor `fd`: what futimens, futimes, and
 * utimensat and futimesat without a path would find. It asks the host to set both times to
 * `no-change`, which changes nothing. There is a host that changes them all the same (jco's
 * preview2-shim): where that matters, ask on a file made for it, as below.
 *
 * fd  an open file descriptor. The answer is the host's for this descriptor: it may differ between
 *     files, directories and access modes.
 *
 * Returns
 *    1  the host sets times through this descriptor
 *    0  it does not: futimens(fd, ...) fails with ENOSYS
 *   -1  futimens(fd, ...) fails otherwise, with errno as it would set it: EBADF fd is not open or
 *       negative, EINVAL it is not a file of the filesystem, or what the host answered
 * errno is left alone by 0 and 1.
 *
 * To gate a test on it:
 *
 *     int fd = open("probe", O_RDWR | O_CREAT, 0666);
 *     if (wasi_utimens_fd_support(fd) == 0)
 *       skip("this host does not set times through a file descriptor");
 */
int wasi_utimens_fd_support(int fd);

#ifdef __cplusplus
}
#endif

#endif
