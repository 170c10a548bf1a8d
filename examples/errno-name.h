/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The names of errnos, whose numbers differ from one libc to the other.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

struct name {
  const char *name;
  int value;
};

#define NAME(x) {#x, x}

static const struct name errno_names[] = {
    NAME(EACCES),       NAME(EAGAIN),      NAME(EALREADY), NAME(EBADF),     NAME(EBUSY),
    NAME(EDEADLK),      NAME(EDQUOT),      NAME(EEXIST),   NAME(EFAULT),    NAME(EFBIG),
    NAME(EILSEQ),       NAME(EINPROGRESS), NAME(EINTR),    NAME(EINVAL),    NAME(EIO),
    NAME(EISDIR),       NAME(ELOOP),       NAME(EMFILE),   NAME(EMLINK),    NAME(EMSGSIZE),
    NAME(ENAMETOOLONG), NAME(ENODEV),      NAME(ENOENT),   NAME(ENOLCK),    NAME(ENOMEM),
    NAME(ENOSPC),       NAME(ENOSYS),      NAME(ENOTDIR),  NAME(ENOTEMPTY), NAME(ENOTRECOVERABLE),
    NAME(ENOTSUP),      NAME(ENOTTY),      NAME(ENXIO),    NAME(EOVERFLOW), NAME(EPERM),
    NAME(EPIPE),        NAME(EROFS),       NAME(ESPIPE),   NAME(ETXTBSY),   NAME(EXDEV),
#ifdef ENOTCAPABLE
    NAME(ENOTCAPABLE),
#endif
    {NULL, 0},
};

static const char *errno_name(int number) {
  static char unnamed[24];
  for (const struct name *n = errno_names; n->name != NULL; ++n)
    if (n->value == number)
      return n->name;
  snprintf(unnamed, sizeof unnamed, "errno=%d", number);
  return unnamed;
}
