// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one wasi-libc generation knows of a file descriptor. The build names the file that knows it
// (WASI_LIBC_GENERATION); scripts/generation.py finds out which from the sysroot.
#pragma once

#include "pure/new-timestamps.h"

#include <stddef.h>

namespace wasi_utimens {

// What a file descriptor refers to.
enum class fd_kind {
  file,     // a file of the filesystem, of any type
  not_open, // nothing
  not_file, // something else: a stdio stream, a socket
};

template <class A, class B>
concept same_as = __is_same(A, B); // <concepts> would need a C++ library

// Each generation's header defines the class `file_descriptor`:
template <class F>
concept generation = requires(const F file, const new_timestamps &times, wit::path_flags flags) {
  // Looks the file descriptor up. Never a host call.
  F(int());
  // The kind as far as it is known at no cost: `file` where only the host's answer could tell.
  { file.presumed_kind() } -> same_as<fd_kind>;
  // The kind for certain. To be asked only of a call that is, or is about to be, refused.
  { file.kind() } -> same_as<fd_kind>;
  // One host call each, of the method of that name; 0 or the errno of its answer.
  { file.call_set_times(times) } -> same_as<int>;
  { file.call_set_times_at(flags, "", size_t(), times) } -> same_as<int>;
  // False where set-times-at with "." must not be tried on this file: it is no directory. To be
  // asked only once the host has refused.
  { file.may_be_directory() } -> same_as<bool>;
  // The first time that can no longer be told to the host.
  { F::first_unrepresentable } -> same_as<const wit::datetime &>;
  // Pointers to functions that no libc of another generation defines, together.
  F::only_in_this_libc;
};

} // namespace wasi_utimens

#include WASI_LIBC_GENERATION

static_assert(wasi_utimens::generation<wasi_utimens::file_descriptor>);
