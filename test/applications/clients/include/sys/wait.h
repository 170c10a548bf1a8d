/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * WASI has no processes to wait for.
 */
#ifndef CLIENTS_SYS_WAIT_H
#define CLIENTS_SYS_WAIT_H

#include <errno.h>
#include <sys/types.h>

#define WIFSIGNALED(status) ((void)(status), 0)
#define WTERMSIG(status) ((void)(status), 0)
#define WIFEXITED(status) ((void)(status), 1)
#define WEXITSTATUS(status) (status)

static inline pid_t waitpid(pid_t process, int *status, int options) {
  (void)process, (void)status, (void)options;
  errno = ECHILD;
  return -1;
}

#endif
