// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The length of a path in bytes and whether it is UTF-8, in one pass. A WIT string must be UTF-8: a
// component that passes any other bytes traps.
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
  uint8_t low = 0x80;
  if (lead == 0xE0) {
    low = 0xA0;
  } else if (lead == 0xF0) {
    low = 0x90;
  }
  uint8_t high = 0xBF;
  if (lead == 0xED) {
    high = 0x9F;
  } else if (lead == 0xF4) {
    high = 0x8F;
  }
  if (!within(byte(1), low, high)) {
    return 0;
  }
  size_t length = 4;
  if (lead < 0xE0) {
    length = 2;
  } else if (lead < 0xF0) {
    length = 3;
  }
  for (size_t i = 2; i < length; ++i) {
    if (!within(byte(i), 0x80, 0xBF)) {
      return 0;
    }
  }
  return length;
}

// The first byte at or after `s` that is NUL or not ASCII.
inline const char *skip_ascii(const char *s) {
  constexpr uint64_t ones = 0x0101010101010101;
  constexpr uint64_t high_bits = ones << 7;
  constexpr uintptr_t page_size = 0x10000;

  // Eight bytes at a time, as long as they lie in one page of linear memory: reading past the
  // string's end is then harmless.
  uint64_t bytes;
  while (reinterpret_cast<uintptr_t>(s) % page_size <= page_size - sizeof bytes) {
    __builtin_memcpy(&bytes, s, sizeof bytes);
    // The lowest bit of these is in the first byte that is 0 or above 0x7F.
    const uint64_t found = ((bytes - ones) | bytes) & high_bits;
    if (found != 0) {
      return s + (static_cast<unsigned>(__builtin_ctzll(found)) / 8);
    }
    s += sizeof bytes;
  }
  while (static_cast<signed char>(*s) > 0) {
    ++s;
  }
  return s;
}

// The length of the NUL-terminated string `s`, or `not_utf8`.
inline size_t utf8_length(const char *s) {
  for (const char *end = s;;) {
    end = skip_ascii(end);
    if (*end == '\0') {
      return static_cast<size_t>(end - s);
    }
    const size_t length = sequence_length(end);
    if (length == 0) {
      return not_utf8;
    }
    end += length;
  }
}

} // namespace wasi_utimens
