// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Included in front of each source of an archive for --wrap. The linker takes both checks out of
// the archive beside whatever else it takes, since each object refers to them; no code does.
#pragma once

__asm__(".globl wasi_utimens_libc_check\n"
        ".globl wasi_utimens_flags_check\n");
