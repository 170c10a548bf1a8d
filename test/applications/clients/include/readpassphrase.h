/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * WASI has no terminal to ask at.
 */
#ifndef CLIENTS_READPASSPHRASE_H
#define CLIENTS_READPASSPHRASE_H

#include <stddef.h>

#define RPP_ECHO_OFF 0
#define RPP_REQUIRE_TTY 0

static inline char *readpassphrase(const char *prompt, char *buffer, size_t size, int flags) {
  (void)prompt, (void)buffer, (void)size, (void)flags;
  return NULL;
}

#endif
