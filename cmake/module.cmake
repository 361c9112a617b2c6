# orderflow_module(<name> [USES <target>...] [TESTS_USE <target>...])
#
# The folder of the caller as one static library, from every .cc that is not a test, and, when tests
# are built, <name>_test from every *_test.cc beside them. Includes are written from src/:
# #include "base/money.h". Each module offers an include folder that holds only itself (a link under
# the build folder), so including a header of a module that is not in USES does not compile.

function(orderflow_module name)
  cmake_parse_arguments(ARG "" "" "USES;TESTS_USE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
  set(include_root ${PROJECT_BINARY_DIR}/include/${name})
  get_filename_component(parent ${include_root}/${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${include_root}/${folder} SYMBOLIC)

  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${include_root})
    target_link_libraries(${name} PUBLIC ${ARG_USES})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${include_root})
    target_link_libraries(${name} INTERFACE ${ARG_USES})
  endif()
  if(tests AND ORDERFLOW_TESTS)
    orderflow_test(${name}_test SOURCES ${tests} USES ${name} ${ARG_TESTS_USE})
  endif()
endfunction()

# orderflow_test(<name> SOURCES <file>... USES <target>...): a GoogleTest binary known to ctest.
function(orderflow_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_USES} rapidcheck GTest::gtest GTest::gmock_main)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
