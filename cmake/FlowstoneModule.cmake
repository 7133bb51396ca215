# flowstone_module(NAME SOURCES … [DEPENDS module…] [LIBRARIES target…]
#                  [TESTS x_test.cc…] [TEST_SOURCES fake.cc…] [TEST_DEPENDS module…] [SEPARATE_TESTS])
#
# One static library flowstone_NAME for the folder it is called from, and, when tests are on, one
# GoogleTest program NAME_test, labelled `unit`. DEPENDS names the modules whose headers NAME may
# include; tools/check_layers.py checks the includes themselves against the layer table.
#
# With FLOWSTONE_UNITY a module is one translation unit, and its tests another: a fresh build then takes
# a fifth of the CPU time, because the headers are read once per module. Names in unnamed namespaces have
# to be unique within a module for it; SEPARATE_TESTS is for tests where they are not.
function(flowstone_module name)
  cmake_parse_arguments(ARG "SEPARATE_TESTS" "" "SOURCES;DEPENDS;LIBRARIES;TESTS;TEST_SOURCES;TEST_DEPENDS" ${ARGN})
  list(TRANSFORM ARG_DEPENDS PREPEND flowstone_)
  list(TRANSFORM ARG_TEST_DEPENDS PREPEND flowstone_)
  add_library(flowstone_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(flowstone_${name} PUBLIC flowstone_options ${ARG_DEPENDS} ${ARG_LIBRARIES})
  target_compile_options(flowstone_${name} PRIVATE ${flowstone_module_compile_options})
  set_target_properties(flowstone_${name} PROPERTIES UNITY_BUILD ${FLOWSTONE_UNITY} UNITY_BUILD_BATCH_SIZE 0)
  if(FLOWSTONE_TESTS AND ARG_TESTS)
    add_executable(${name}_test ${ARG_TESTS} ${ARG_TEST_SOURCES})
    target_link_libraries(${name}_test PRIVATE flowstone_${name} ${ARG_TEST_DEPENDS} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
      FLOWSTONE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" FLOWSTONE_PYTHON="${Python_EXECUTABLE}")
    # Tests need no optimisation, what they test has its own.
    target_compile_options(${name}_test PRIVATE -O0)
    if(NOT ARG_SEPARATE_TESTS)
      set_target_properties(${name}_test PROPERTIES UNITY_BUILD ${FLOWSTONE_UNITY} UNITY_BUILD_BATCH_SIZE 0)
    endif()
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1 --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${name}.xml)
    set_tests_properties(${name} PROPERTIES LABELS unit)
  endif()
endfunction()
