// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A stand-in for the counted descriptor table of July 2026, over the table of an earlier
// wasi-libc.
#pragma once

// References given out and not dropped.
extern "C" int counted_references();

namespace counted_table {

// What has happened since the start.
struct counts {
  int taken;       // references given out
  int deallocated; // calls of __wasilibc_descriptor_deallocate
  int misused;     // of these, with a count that was not 0
};
counts counted();

// Whether the table holds a reference of its own, as it does for every open file descriptor.
// Without it the next reference is the last, as if another thread had closed the file meanwhile.
void hold(bool holds);

// Whether fstat fails with EIO, as a host may have it, after it has called the file a directory.
void fail_fstat(bool fails);

} // namespace counted_table
