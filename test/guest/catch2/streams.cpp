// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The file streams that the sysroot's libc++ was built without: see __config_site.

#include <cstdio>
#include <fstream>

template class std::basic_filebuf<char>;
template class std::basic_ifstream<char>;
template class std::basic_ofstream<char>;

// What is printed before a trap is not lost.
static const int by_lines = setvbuf(stdout, nullptr, _IOLBF, 0);
