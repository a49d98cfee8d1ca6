// The version of these headers, for the preprocessor, and the language that they need.
//
//   #if COSIO_VERSION >= 200   // 0.2.0
//
// The build of the library takes its version from here. docs/contributing.md says how a release is made.

#pragma once

#if __cplusplus < 202002L
#error "cosio needs C++20: compile with -std=c++20 or newer (in CMake: cxx_std_20)"
#elif !defined(__cpp_impl_coroutine)
#error "cosio needs coroutines of C++20: GCC 12 or newer, or Clang 16 or newer"
#elif !defined(__cpp_exceptions)
#error "cosio needs exceptions: compile without -fno-exceptions"
#endif

/// The three numbers of the version. docs/building.md says which of them may break a program.
#define COSIO_VERSION_MAJOR 0
#define COSIO_VERSION_MINOR 2
#define COSIO_VERSION_PATCH 0

/// The version as one number that grows: 10000 times the first number, 100 times the second, and the third.
#define COSIO_VERSION (COSIO_VERSION_MAJOR * 10000 + COSIO_VERSION_MINOR * 100 + COSIO_VERSION_PATCH)

/// The version as text.
#define COSIO_VERSION_STRING "0.2.0"
