# orderflow_module(<name> [WAITS] [FOLDERS <folder>...] [USES <target>...] [TESTS_USE <target>...]
#                  [TESTS_TOGETHER])
#
# Makes the caller's folder, and the FOLDERS in it, one static library from every .cc that is not a test
# and, when tests are built, <name>_test from every *_test.cc. Includes are written from src/:
# #include "base/money.h". Each module has an include folder that holds only its own headers (links below
# the build folder), so including a header of a module that is not in USES does not compile.
#
# WAITS: its code waits for a network or a disk, so a release build compiles it quickly (-O1, a third less time
# in the compiler than -O3).

include(GoogleTest)

# orderflow_patched_files(<patch> <variable>): the files that it changes, as it names them, in <variable>.
function(orderflow_patched_files patch variable)
  file(STRINGS ${patch} changed REGEX "^\\+\\+\\+ b/")
  list(TRANSFORM changed REPLACE "^\\+\\+\\+ b/([^\t ]+).*" "\\1")
  set(${variable} ${changed} PARENT_SCOPE)
endfunction()

# With the mutants (tests/mutants), a file that one of them exchanges is not compiled together with its
# neighbours: the library's own would be linked with it, and stand twice.
set(orderflow_exchanged_files)
if(ORDERFLOW_MUTANTS)
  file(GLOB orderflow_mutants CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/mutants/*.patch)
  foreach(patch ${orderflow_mutants})
    orderflow_patched_files(${patch} changed)
    list(TRANSFORM changed PREPEND ${PROJECT_SOURCE_DIR}/)
    list(APPEND orderflow_exchanged_files ${changed})
  endforeach()
endif()

set(orderflow_quick_to_compile $<$<CONFIG:Release>:-O1>)

function(orderflow_module name)
  cmake_parse_arguments(ARG "WAITS;TESTS_TOGETHER" "" "FOLDERS;USES;TESTS_USE" ${ARGN})
  set(include_root ${PROJECT_BINARY_DIR}/include/${name})
  file(REMOVE_RECURSE ${include_root})
  set(sources)
  foreach(folder . ${ARG_FOLDERS})
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
    list(APPEND sources ${files})
    file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.h)
    foreach(header ${headers})
      file(REAL_PATH ${header} header)
      file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR}/src ${header})
      get_filename_component(parent ${include_root}/${path} DIRECTORY)
      file(MAKE_DIRECTORY ${parent})
      file(CREATE_LINK ${header} ${include_root}/${path} SYMBOLIC)
    endforeach()
  endforeach()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${include_root})
    target_link_libraries(${name} PUBLIC ${ARG_USES})
    if(ARG_WAITS)
      target_compile_options(${name} PRIVATE ${orderflow_quick_to_compile})
    endif()
    set_source_files_properties(${orderflow_exchanged_files} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${include_root})
    target_link_libraries(${name} INTERFACE ${ARG_USES})
  endif()
  if(tests AND ORDERFLOW_TESTS)
    set(together "")
    if(ARG_TESTS_TOGETHER)
      set(together TOGETHER)
    endif()
    orderflow_test(${name}_test ${together} SOURCES ${tests} USES ${name} ${ARG_TESTS_USE})
  endif()
endfunction()

# orderflow_test(<name> SOURCES <file>... USES <target>... [PROPERTIES <property> <value>...]): a GoogleTest
# binary. ctest knows each test in it as <name>.<suite>.<test>, or, with TOGETHER, all of them as <name>: for
# tests that share something that takes long to make.
function(orderflow_test name)
  cmake_parse_arguments(ARG "TOGETHER" "" "SOURCES;USES;PROPERTIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_USES} tests_support)
  # A test runs for less time than the compiler would take to make it faster.
  target_compile_options(${name} PRIVATE ${orderflow_quick_to_compile})
  if(ARG_TOGETHER)
    add_test(NAME ${name} COMMAND ${name})
  else()
    gtest_discover_tests(${name} TEST_PREFIX ${name}. NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST
                         DISCOVERY_TIMEOUT 60 PROPERTIES ${ARG_PROPERTIES})
  endif()
endfunction()
