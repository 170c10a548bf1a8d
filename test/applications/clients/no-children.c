/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * libarchive's own two functions for filter programs, which it has for systems with processes only.
 */
#include <errno.h>
#include <sys/types.h>

int __archive_create_child(const char *command, int *child_stdin, int *child_stdout, pid_t *child);
void __archive_check_child(int in, int out);

int __archive_create_child(const char *command, int *child_stdin, int *child_stdout, pid_t *child) {
  errno = ENOSYS;
  return -1;
}

void __archive_check_child(int in, int out) {}
