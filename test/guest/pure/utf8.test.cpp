// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pure/utf8.h"

#include <catch_amalgamated.hpp>

#include <string.h>
#include <string>

using namespace wasi_utimens;

namespace {

std::string utf8_of(uint32_t code_point) {
  const auto low = [](uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code_point < 0x80) {
    return {static_cast<char>(code_point)};
  }
  if (code_point < 0x800) {
    return {static_cast<char>(0xC0 | code_point >> 6), low(code_point)};
  }
  if (code_point < 0x10000) {
    return {static_cast<char>(0xE0 | code_point >> 12), low(code_point >> 6), low(code_point)};
  }
  return {static_cast<char>(0xF0 | code_point >> 18), low(code_point >> 12), low(code_point >> 6),
          low(code_point)};
}

// All code points but the surrogates.
bool is_character(uint32_t number) {
  return number <= 0x10FFFF && !(number >= 0xD800 && number <= 0xDFFF);
}

// How many of these are taken for what they are not.
int wrong_of(uint32_t first, uint32_t last) {
  int wrong = 0;
  for (uint32_t number = first; number <= last; ++number) {
    const std::string text = utf8_of(number);
    wrong += utf8_length(text.c_str()) != (is_character(number) ? text.size() : not_utf8);
  }
  return wrong;
}

} // namespace

TEST_CASE("utf8: the length of a string, by bytes") {
  CHECK(utf8_length("") == 0);
  CHECK(utf8_length("a") == 1);
  CHECK(utf8_length("\xC3\xA9") == 2);
  CHECK(utf8_length("a\xE2\x82\xAC/\xF0\x9F\x98\x80z") == 10);
  for (size_t length = 0; length < 100; ++length) {
    CHECK(utf8_length(std::string(length, 'x').c_str()) == length);
  }
}

TEST_CASE("utf8: every code point is good but the surrogates") {
  CHECK(wrong_of(1, 0x10FFFF) == 0);
}

TEST_CASE("utf8: what is above U+10FFFF is not") { CHECK(wrong_of(0x110000, 0x1FFFFF) == 0); }

TEST_CASE("utf8: of all pairs of bytes only those that two-byte sequences have") {
  int wrong = 0;
  for (int first = 0x80; first <= 0xFF; ++first) {
    for (int second = 1; second <= 0xFF; ++second) {
      const char text[] = {static_cast<char>(first), static_cast<char>(second), '\0'};
      const bool good = first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF;
      wrong += utf8_length(text) != (good ? 2 : not_utf8);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("utf8: of all three and four bytes after a lead byte only what decodes to a code point") {
  // The bytes at the bounds of each range that RFC 3629 names.
  const unsigned char bounds[] = {0x01, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xFF};
  int wrong = 0;
  for (unsigned lead = 0xE0; lead <= 0xFF; ++lead) {
    for (const unsigned a : bounds) {
      for (const unsigned b : bounds) {
        for (const unsigned c : bounds) {
          const bool four = lead >= 0xF0;
          const uint32_t code_point =
              four ? (lead & 7) << 18 | (a & 63) << 12 | (b & 63) << 6 | (c & 63)
                   : (lead & 15) << 12 | (a & 63) << 6 | (b & 63);
          const char text[] = {static_cast<char>(lead), static_cast<char>(a), static_cast<char>(b),
                               static_cast<char>(four ? c : '\0'), '\0'};
          const bool good = is_character(code_point) && utf8_of(code_point) == text;
          wrong += utf8_length(text) != (good ? strlen(text) : not_utf8);
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE(
    "utf8: a sequence that the end of the string cuts off is not, and nothing after it is read") {
  // After the NUL comes what would complete the sequence.
  CHECK(utf8_length("\xC3\0\xA9") == not_utf8);
  CHECK(utf8_length("\xE2\x82\0\xAC") == not_utf8);
  CHECK(utf8_length("\xF0\x9F\x98\0\x80") == not_utf8);
  CHECK(utf8_length("abc\0\xFF") == 3);
}

TEST_CASE("utf8: a bad byte is found at every distance from the start and from a word's bound") {
  alignas(16) char buffer[64];
  for (size_t start = 0; start < 16; ++start) {
    for (size_t at = 0; at < 32; ++at) {
      CAPTURE(start, at);
      memset(buffer, 'x', sizeof buffer);
      buffer[start + 32] = '\0';
      CHECK(utf8_length(buffer + start) == 32);
      for (const char bad : {'\x80', '\xBF', '\xC0', '\xF5', '\xFF'}) {
        buffer[start + at] = bad;
        CHECK(utf8_length(buffer + start) == not_utf8);
      }
      buffer[start + at] = '\0';
      CHECK(utf8_length(buffer + start) == at);
      buffer[start + at] = '\x01';
      CHECK(utf8_length(buffer + start) == 32);
      buffer[start + at] = '\x7F';
      CHECK(utf8_length(buffer + start) == 32);
    }
  }
}

TEST_CASE("utf8: a string that ends with the linear memory is not read past its end") {
  // Reading one byte beyond would trap. Two ends in a row: one of them is no multiple of two pages.
  for (const int pages : {1, 2}) {
    const size_t size = __builtin_wasm_memory_size(0) * 0x10000;
    char *const end =
        reinterpret_cast<char *>(__builtin_wasm_memory_grow(0, 1) * 0x10000 + 0x10000);
    CHECK(reinterpret_cast<size_t>(end) == size + 0x10000);
    for (size_t length = 0; length < 40; ++length) {
      CAPTURE(pages, length);
      char *const text = end - length - 1;
      end[-1] = '\0';
      for (const char ascii : {'\x01', 'x', '\x7F'}) {
        memset(text, ascii, length);
        CHECK(utf8_length(text) == length);
      }
      if (length > 0) {
        end[-2] = '\xE2';
        CHECK(utf8_length(text) == not_utf8);
      }
    }
  }
}
