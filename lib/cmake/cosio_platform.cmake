# Checks of the system and the compiler, and the choice how cosio waits for sockets.
include(CheckIncludeFileCXX)
check_include_file_cxx(sys/epoll.h COSIO_HAS_EPOLL)
set(asio_waits_by_default ON)
if(COSIO_HAS_EPOLL)
  set(asio_waits_by_default OFF)
endif()
option(COSIO_ASIO_WAITS "Wait for sockets with Asio's own waits instead of epoll" ${asio_waits_by_default})

# cosio_chooses_waits(sources...): these sources include async/watched_socket.hpp, so they depend on the choice. All
# other sources are compiled in the same way for both, and a compiler cache has them.
function(cosio_chooses_waits)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_DEFINITIONS "COSIO_ASIO_WAITS=$<BOOL:${COSIO_ASIO_WAITS}>")
endfunction()

# GCC and Clang are known by their versions.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "^(GNU|Clang)$")
  include(CheckCXXSourceCompiles)
  check_cxx_source_compiles("#include <coroutine>\nint main() { return std::suspend_never().await_ready() ? 0 : 1; }" COSIO_HAS_COROUTINES)
endif()
include(cosio_refusals)
