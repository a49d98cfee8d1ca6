# Writes cosio.pc, for programs that are not built with CMake.
#
# A static library has all of its libraries in Requires and Libs, not in the fields for --static: there is no shared one
# beside it, so whoever links it needs them.

# cosio_path_from_prefix(variable folder): the folder as cosio.pc names it
function(cosio_path_from_prefix variable folder)
  if(IS_ABSOLUTE "${folder}")
    set(${variable} "${folder}" PARENT_SCOPE)
  else()
    set(${variable} "\${prefix}/${folder}" PARENT_SCOPE)
  endif()
endfunction()

# cosio_write_pkg_config(file)
function(cosio_write_pkg_config file)
  # A prefix that is found from the place of cosio.pc stays right when everything is moved.
  set(prefix "${CMAKE_INSTALL_PREFIX}")
  if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE up)
    set(prefix "\${pcfiledir}/${up}")
  endif()
  cosio_path_from_prefix(libdir "${CMAKE_INSTALL_LIBDIR}")
  cosio_path_from_prefix(includedir "${CMAKE_INSTALL_INCLUDEDIR}")

  # Boost has no .pc files. Its folders are named where the compiler does not look by itself.
  set(cflags " -pthread")
  set(libs "")
  foreach(folder IN LISTS COSIO_BOOST_INCLUDE_DIRS)
    if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
      string(APPEND cflags " -I${folder}")
    endif()
  endforeach()
  foreach(folder IN LISTS COSIO_BOOST_LIBRARY_DIRS)
    if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
      string(APPEND libs " -L${folder}")
    endif()
  endforeach()
  string(APPEND libs " -lboost_json -pthread")

  set(requires "")
  if(cosio_is_static)
    string(APPEND libs " -lboost_url")
    if(COSIO_WITH_BCRYPT)
      string(APPEND libs " -lcrypt")
    endif()
    set(requires " openssl zlib")
    if(COSIO_WITH_REDIS)
      string(APPEND requires " hiredis")
    endif()
    if(COSIO_WITH_POSTGRES)
      string(APPEND requires " libpq")
    endif()
  endif()
  configure_file("${COSIO_CMAKE_DIR}/cosio.pc.in" "${file}" @ONLY)
endfunction()
