# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The package of this release for the wasi-libc of CMAKE_SYSROOT, or of the wasi-sdk that the compiler
# is of.

function(_wasi_utimens_of_this_sysroot)
  get_filename_component(top "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
  if(CMAKE_C_COMPILER)
    get_filename_component(sdk "${CMAKE_C_COMPILER}/../.." ABSOLUTE)
  else()
    get_filename_component(sdk "${CMAKE_CXX_COMPILER}/../.." ABSOLUTE)
  endif()
  set(sysroot "${CMAKE_SYSROOT}")
  if(NOT sysroot)
    set(sysroot "${sdk}/share/wasi-sysroot")
  endif()
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env "WASI_SDK_PATH=${sdk}" sh "${top}/generation.sh" "${sysroot}"
    OUTPUT_VARIABLE generation OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_VARIABLE why ERROR_STRIP_TRAILING_WHITESPACE)
  set(config "${top}/${generation}/lib/cmake/wasi-utimens/wasi-utimens-config.cmake")
  if(generation AND EXISTS "${config}")
    include("${config}")
  else()
    set(wasi-utimens_FOUND FALSE PARENT_SCOPE)
    set(wasi-utimens_NOT_FOUND_MESSAGE "${why}" PARENT_SCOPE)
  endif()
endfunction()

_wasi_utimens_of_this_sysroot()
