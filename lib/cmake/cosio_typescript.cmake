# cosio_typescript(target HEADER header CONTRACT type OUTPUT file): prints the TypeScript of a contract while building.
#
#   cosio_typescript(my_server HEADER contract.hpp CONTRACT app::contract OUTPUT web/contract.d.ts)
#
# HEADER declares CONTRACT (see cosio/contract.hpp) and is included as in sources of the existing `target`: with its
# include directories, definitions and libraries. OUTPUT is relative to the current binary directory. The file is made
# with `target`, and again whenever the contract has changed. Other targets that need it can depend on
# <target>_typescript. A target may have several contracts: each gets a file.
function(cosio_typescript target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;CONTRACT;OUTPUT" "")
  foreach(needed HEADER CONTRACT OUTPUT)
    if(NOT arg_${needed})
      message(FATAL_ERROR "cosio_typescript(${target} …): ${needed} is missing")
    endif()
  endforeach()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cosio_typescript(${target} …): what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  if(NOT TARGET "${target}")
    message(FATAL_ERROR "cosio_typescript(${target} …): no such target")
  endif()
  cmake_path(ABSOLUTE_PATH arg_OUTPUT BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}" NORMALIZE OUTPUT_VARIABLE output)
  cmake_path(GET output PARENT_PATH folder)

  string(MAKE_C_IDENTIFIER "${target}_typescript_${arg_CONTRACT}" printer)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${printer}.cpp")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[
// Made by cosio_typescript: prints a contract into the file that is its argument.
#include <cosio/typescript.hpp>

#include <fstream>
#include <iostream>
#include <string_view>

#include "@arg_HEADER@"

int main(int argc, char** argv) {
  constexpr const char* usage = "usage: @printer@ FILE\nWrites the TypeScript of @arg_CONTRACT@ into FILE.\n";
  const std::string_view file = argc == 2 ? argv[1] : "";
  if (file == "--help" || file == "-h") {
    std::cout << usage;
    return 0;
  }
  if (file.empty() || file.front() == '-') {
    std::cerr << usage;
    return 2;
  }
  std::ofstream out(argv[1], std::ios::binary);
  out << cosio::typescript<@arg_CONTRACT@>() << std::flush;
  if (!out) std::cerr << "@printer@: " << file << " cannot be written\n";
  return out ? 0 : 1;
}
]])
  add_executable("${printer}" "${source}")
  set_target_properties("${printer}" PROPERTIES CXX_CLANG_TIDY "" EXCLUDE_FROM_ALL ON)
  target_compile_features("${printer}" PRIVATE cxx_std_20)
  target_include_directories("${printer}" PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>")
  target_compile_definitions("${printer}" PRIVATE "$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>")
  target_link_libraries("${printer}" PRIVATE cosio::cosio "$<TARGET_PROPERTY:${target},LINK_LIBRARIES>")

  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${folder}"
    COMMAND "${printer}" "${output}"
    DEPENDS "${printer}"
    COMMENT "Printing the TypeScript of ${arg_CONTRACT}"
    VERBATIM)
  if(NOT TARGET "${target}_typescript")
    add_custom_target("${target}_typescript")
    add_dependencies("${target}" "${target}_typescript")
  endif()
  add_custom_target("${printer}_file" DEPENDS "${output}")
  add_dependencies("${target}_typescript" "${printer}_file")
endfunction()
