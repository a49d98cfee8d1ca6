# Builds the project of this folder as a user would, and runs it: with cosio installed, and as a part of the project.
set(consumer_prefix "${PROJECT_BINARY_DIR}/consumer/prefix")
add_test(NAME "consumer: install"
         COMMAND sh -c "rm -rf '${consumer_prefix}' && '${CMAKE_COMMAND}' --install '${PROJECT_BINARY_DIR}' --prefix '${consumer_prefix}'")
set_tests_properties("consumer: install" PROPERTIES FIXTURES_SETUP consumer_prefix)

# consumer_test(name cmake-options...)
function(consumer_test name)
  add_test(NAME "consumer: ${name}"
           COMMAND "${CMAKE_CTEST_COMMAND}"
                   --build-and-test "${PROJECT_SOURCE_DIR}/tests/consumer" "${PROJECT_BINARY_DIR}/consumer/${name}"
                   --build-generator "${CMAKE_GENERATOR}" --build-noclean
                   --build-options ${ARGN} "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}" "-DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}"
                                   "-DCMAKE_CXX_FLAGS_DEBUG=${CMAKE_CXX_FLAGS_DEBUG}"
                                   "-DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}"
                   --test-command smoke)
  # The compiler cache may serve what the build around this one has compiled already.
  set_tests_properties("consumer: ${name}" PROPERTIES TIMEOUT 1500 PROCESSORS 2 ENVIRONMENT "CCACHE_NOHASHDIR=1")
endfunction()

consumer_test(find_package "-DCMAKE_PREFIX_PATH=${consumer_prefix}")
set_tests_properties("consumer: find_package" PROPERTIES FIXTURES_REQUIRED consumer_prefix)
set(compiled_anew ${COSIO_UNITY})
if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(compiled_anew ON)
endif()
consumer_test(add_subdirectory "-DCOSIO_SOURCE_DIR=${PROJECT_SOURCE_DIR}" "-DCOSIO_WARNINGS_AS_ERRORS=${COSIO_WARNINGS_AS_ERRORS}"
              "-DCOSIO_UNITY=${compiled_anew}" "-DBUILD_SHARED_LIBS=ON" "-DCMAKE_CXX_VISIBILITY_PRESET=hidden")
set_tests_properties("consumer: add_subdirectory" PROPERTIES FIXTURES_SETUP consumer_shared)

# The consumer above has a shared library of cosio inside.
add_test(NAME "consumer: a program is installed with the shared library, which shows public names only"
         COMMAND sh "${CMAKE_CURRENT_LIST_DIR}/shared.sh" "${CMAKE_COMMAND}" "${PROJECT_BINARY_DIR}/consumer/add_subdirectory"
                 "${PROJECT_BINARY_DIR}/consumer/shared_prefix" "${PROJECT_VERSION}")
set_tests_properties("consumer: a program is installed with the shared library, which shows public names only"
                     PROPERTIES FIXTURES_REQUIRED consumer_shared)

add_test(NAME "consumer: a missing component is named, with its remedy"
         COMMAND sh "${CMAKE_CURRENT_LIST_DIR}/components.sh" "${CMAKE_COMMAND}" "${CMAKE_GENERATOR}" "${consumer_prefix}"
                 "${PROJECT_BINARY_DIR}/consumer/components")
set_tests_properties("consumer: a missing component is named, with its remedy" PROPERTIES
  FIXTURES_REQUIRED consumer_prefix TIMEOUT 300 ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER}")

get_target_property(cosio_kind cosio TYPE)
if(cosio_kind STREQUAL "STATIC_LIBRARY")
  add_test(NAME "consumer: the preset install is installed and found, with a hiredis of another prefix"
           COMMAND sh "${CMAKE_CURRENT_LIST_DIR}/preset.sh" "${CMAKE_COMMAND}" "${PROJECT_BINARY_DIR}" "$<TARGET_FILE:cosio>"
                   "$<TARGET_FILE:cosio_io_client>" "${PROJECT_VERSION}" "${PROJECT_BINARY_DIR}/consumer/preset")
  set_tests_properties("consumer: the preset install is installed and found, with a hiredis of another prefix"
                       PROPERTIES TIMEOUT 600 ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER}")
endif()

find_program(COSIO_MESON meson DOC "Meson, for the test of cosio.pc")
find_program(COSIO_PKG_CONFIG NAMES pkg-config pkgconf DOC "pkg-config, for the test of cosio.pc")
mark_as_advanced(COSIO_MESON COSIO_PKG_CONFIG)
if(COSIO_MESON AND COSIO_PKG_CONFIG)
  add_test(NAME "consumer: Meson, by pkg-config"
           COMMAND sh "${CMAKE_CURRENT_LIST_DIR}/meson.sh" "${COSIO_MESON}" "${consumer_prefix}" "${PROJECT_BINARY_DIR}/consumer/meson")
  set_tests_properties("consumer: Meson, by pkg-config" PROPERTIES
    FIXTURES_REQUIRED consumer_prefix TIMEOUT 600 ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER_LAUNCHER} ${CMAKE_CXX_COMPILER}")
else()
  message(STATUS "cosio: no test of cosio.pc, because it needs meson (on Debian: apt-get install meson pkgconf)")
endif()
