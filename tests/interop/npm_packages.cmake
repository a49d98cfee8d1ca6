# cosio_npm_packages(name): a ctest that installs the packages of this folder into the build tree, with the versions of
# package-lock.json. It sets up the fixture <name>_packages. Without npm it fails and says so.
find_program(COSIO_NPM npm DOC "Installs the packages of the interop and browser tests")
find_program(COSIO_NODE NAMES node nodejs DOC "Runs the interop and browser tests")
mark_as_advanced(COSIO_NPM COSIO_NODE)
if(NOT COSIO_NPM OR NOT COSIO_NODE)
  message(WARNING "cosio: the interop and browser tests need Node.js 20 or newer and npm, and will fail without them "
                  "(on Debian: apt-get install nodejs npm)")
endif()

# Deadlines of the tests grow by this factor where the compiler adds checks to the program.
set(COSIO_TEST_SLOWNESS 1)
if(COSIO_SANITIZE)
  set(COSIO_TEST_SLOWNESS 10)
endif()

set(COSIO_NPM_INSTALL "${CMAKE_CURRENT_LIST_DIR}/npm_install.cmake")
function(cosio_npm_packages name)
  add_test(NAME "${name}: npm packages"
           COMMAND "${CMAKE_COMMAND}" "-DNPM=${COSIO_NPM}" "-DFROM=${CMAKE_CURRENT_SOURCE_DIR}" "-DTO=${CMAKE_CURRENT_BINARY_DIR}"
                   -P "${COSIO_NPM_INSTALL}")
  set_tests_properties("${name}: npm packages" PROPERTIES LABELS "${name}" FIXTURES_SETUP "${name}_packages" TIMEOUT 600)
endfunction()
