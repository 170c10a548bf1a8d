// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one wasi-libc generation knows of a file descriptor. The build names the file that knows it
// (WASI_LIBC_GENERATION); scripts/generation.py finds out which from the sysroot.
#pragma once

#include "pure/new-times.h"

#include <stddef.h>

namespace wasi_utimens {

// What a file descriptor number stands for.
enum class descriptor_kind {
  file,     // a file of the filesystem, of any type
  not_open, // nothing
  not_file, // something else: a stdio stream, a socket
};

template <class A, class B>
concept same_as = __is_same(A, B); // <concepts> would need a C++ library

// Each generation's header defines the class `descriptor`:
template <class D>
concept generation = requires(const D d, const new_times &times, wit::path_flags flags) {
  // Looks the file descriptor up. Never a host call.
  D(int());
  // The kind as far as it is known at no cost: `file` where only the host's answer could tell.
  { d.presumed_kind() } -> same_as<descriptor_kind>;
  // The kind for certain. To be asked only of a call that is, or is about to be, refused.
  { d.kind() } -> same_as<descriptor_kind>;
  // One host call each; 0 or the errno of its answer.
  { d.set_times(times) } -> same_as<int>;
  { d.set_times_at(flags, "", size_t(), times) } -> same_as<int>;
  // False where set_times_at with "." must not be tried on this file: it is no directory. To be
  // asked only once the host has refused.
  { d.may_be_directory() } -> same_as<bool>;
  // The first time that set_times and set_times_at cannot carry.
  { D::end } -> same_as<const wit::datetime &>;
};

} // namespace wasi_utimens

#include WASI_LIBC_GENERATION

static_assert(wasi_utimens::generation<wasi_utimens::descriptor>);
