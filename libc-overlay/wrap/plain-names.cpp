// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A link without `--wrap` for each name of link.rsp fails. The guest then asks for the plain names,
// so the linker takes this object out of the archive, and finds no definition for what it refers
// to. With the flags that is wrapped, as are the plain names.
//
// wasi-libc defines four of the names, some beside functions that a guest needs, and may come first
// in the link, so they are weak here, and a guest's own definition goes unseen. One of the other
// three is a duplicate symbol.

#include <sys/stat.h>
#include <sys/time.h>
#include <utime.h>

extern "C" {

void wasi_utimens_is_linked_without_the_flags_of_link_rsp();
void __wrap_wasi_utimens_is_linked_without_the_flags_of_link_rsp() {}
[[gnu::used]] extern constexpr auto wasi_utimens_flags_check =
    wasi_utimens_is_linked_without_the_flags_of_link_rsp;

// The names as the linker sees them, where all sources for --wrap have them renamed.
[[gnu::weak]] decltype(futimens) plain_futimens __asm__("futimens");
[[gnu::weak]] decltype(utimensat) plain_utimensat __asm__("utimensat");
[[gnu::weak]] decltype(utimes) plain_utimes __asm__("utimes");
[[gnu::weak]] decltype(utime) plain_utime __asm__("utime");
decltype(futimes) plain_futimes __asm__("futimes");
decltype(lutimes) plain_lutimes __asm__("lutimes");
decltype(futimesat) plain_futimesat __asm__("futimesat");

// Not called in any link that succeeds, but for `__real_futimens` and the like.
int plain_futimens(int, const timespec *) { __builtin_trap(); }
int plain_utimensat(int, const char *, const timespec *, int) { __builtin_trap(); }
int plain_utimes(const char *, const timeval *) { __builtin_trap(); }
int plain_utime(const char *, const utimbuf *) { __builtin_trap(); }
int plain_futimes(int, const timeval *) { __builtin_trap(); }
int plain_lutimes(const char *, const timeval *) { __builtin_trap(); }
int plain_futimesat(int, const char *, const timeval *) { __builtin_trap(); }

} // extern "C"
