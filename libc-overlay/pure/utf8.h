// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The length of a path in bytes and whether it is UTF-8, in one pass: a WIT string must be, and a
// component that passes anything else traps.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace wasi_utimens {

inline constexpr size_t not_utf8 = SIZE_MAX;

// The bytes of the UTF-8 sequence that starts with the non-ASCII byte at `s`, or 0 where none does
// (RFC 3629: shortest form, no surrogate, nothing above U+10FFFF). Stops at a NUL.
constexpr size_t sequence_length(const char *s) {
  const auto byte = [s](size_t i) { return static_cast<uint8_t>(s[i]); };
  const auto within = [](uint8_t b, uint8_t low, uint8_t high) { return b >= low && b <= high; };
  const uint8_t lead = byte(0);
  if (!within(lead, 0xC2, 0xF4)) {
    return 0;
  }
  // Only the second byte's range depends on the first byte.
  const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (!within(byte(1), low, high)) {
    return 0;
  }
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  for (size_t i = 2; i < length; ++i) {
    if (!within(byte(i), 0x80, 0xBF)) {
      return 0;
    }
  }
  return length;
}

// The length of the NUL-terminated string `s`, or `not_utf8`.
inline size_t utf8_length(const char *s) {
  using word [[gnu::may_alias]] = uint64_t;
  constexpr word ones = 0x0101010101010101;
  constexpr word high_bits = ones << 7;

  const char *p = s;
  for (;;) {
    // Eight bytes at a time while they are ASCII and none is NUL. An aligned word never crosses
    // the end of linear memory, so reading past the NUL is harmless.
    if (reinterpret_cast<uintptr_t>(p) % sizeof(word) == 0) {
      for (;;) {
        const word w = *reinterpret_cast<const word *>(p);
        if ((((w - ones) | w) & high_bits) != 0) {
          break;
        }
        p += sizeof(word);
      }
    }
    if (static_cast<signed char>(*p) > 0) {
      ++p;
    } else if (*p == '\0') {
      return static_cast<size_t>(p - s);
    } else {
      const size_t length = sequence_length(p);
      if (length == 0) {
        return not_utf8;
      }
      p += length;
    }
  }
}

} // namespace wasi_utimens
