# The names that a shared library exports: all but those of the floors, which are the namespaces inside of cosio.
#
# A list for the linker does this, and not -fvisibility=hidden. So no declaration needs a mark, and the same objects
# serve a static library, a shared one, and the tests, which link names of the floors. A name is a floor's when its
# mangled form begins so; later in a name, as in the type of a parameter, the compiler abbreviates cosio.

# cosio_hide_floors(target floors...): of the names of this version, which are in the inline namespace that it names
function(cosio_hide_floors target)
  set(version "v${PROJECT_VERSION_MAJOR}_${PROJECT_VERSION_MINOR}")
  string(LENGTH "${version}" version_length)
  set(names "")
  foreach(floor IN LISTS ARGN)
    string(LENGTH "${floor}" length)
    foreach(kind N NK)  # in mangled names: of anything, and of a const member function
      string(APPEND names "    _Z*${kind}5cosio${version_length}${version}${length}${floor}*;\n")
    endforeach()
  endforeach()
  set(list "${CMAKE_CURRENT_BINARY_DIR}/${target}_exports.map")
  file(CONFIGURE OUTPUT "${list}" @ONLY CONTENT "{\n  global:\n    *;\n  local:\n@names@};\n")
  target_link_options(${target} PRIVATE "LINKER:--version-script=${list}")
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${list}")
endfunction()
