# flowstone_module(NAME SOURCES … [DEPENDS module…] [LIBRARIES target…] [TESTS x_test.cc…] [TEST_SOURCES fake.cc…])
#
# One static library flowstone_NAME for the folder it is called from, and, when tests are on, one
# GoogleTest program NAME_test, labelled `unit`. DEPENDS names the modules whose headers NAME may
# include; tools/check_layers.py checks the includes themselves against the layer table.
function(flowstone_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES;TESTS;TEST_SOURCES;TEST_DEPENDS" ${ARGN})
  list(TRANSFORM ARG_DEPENDS PREPEND flowstone_)
  list(TRANSFORM ARG_TEST_DEPENDS PREPEND flowstone_)
  add_library(flowstone_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(flowstone_${name} PUBLIC flowstone_options ${ARG_DEPENDS} ${ARG_LIBRARIES})
  if(FLOWSTONE_TESTS AND ARG_TESTS)
    add_executable(${name}_test ${ARG_TESTS} ${ARG_TEST_SOURCES})
    target_link_libraries(${name}_test PRIVATE flowstone_${name} ${ARG_TEST_DEPENDS} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
      FLOWSTONE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" FLOWSTONE_PYTHON="${Python_EXECUTABLE}")
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1 --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${name}.xml)
    set_tests_properties(${name} PROPERTIES LABELS unit)
  endif()
endfunction()
