include(GNUInstallDirs)
find_package(Threads REQUIRED)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# A build that has kymo as a part may have -O3 -Werror of its own. There g++ 12 takes a literal plus a temporary string
# for a copy onto itself (GCC's bug 105651). The last option counts, so this one does.
set(KYMO_WARNINGS_OFF "")
if(NOT PROJECT_IS_TOP_LEVEL AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(KYMO_WARNINGS_OFF -Wno-restrict)
endif()

function(kymo_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion ${KYMO_WARNINGS_OFF}
    $<$<BOOL:${KYMO_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()

# A layer of the architecture: a static library kymo_NAME, known as kymo::NAME here and to whoever finds the installed package.
function(kymo_add_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(kymo_${name} STATIC ${ARG_SOURCES})
  add_library(kymo::${name} ALIAS kymo_${name})
  set_target_properties(kymo_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(kymo_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # Headers alone are of no use to who links the result.
  list(TRANSFORM ARG_PRIVATE_LINK REPLACE "^Boost::headers$" "$<BUILD_INTERFACE:Boost::headers>")
  target_link_libraries(kymo_${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  target_compile_features(kymo_${name} PUBLIC cxx_std_20)
  kymo_warnings(kymo_${name})
  # What cmake/KymoInstall.cmake makes packages of, in this order: those below come first.
  set_property(GLOBAL APPEND PROPERTY KYMO_LAYERS ${name})
  set_property(GLOBAL PROPERTY KYMO_LINKS_OF_${name} ${ARG_LINK} ${ARG_PRIVATE_LINK})
  install(TARGETS kymo_${name} EXPORT kymo-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  if(EXISTS ${PROJECT_SOURCE_DIR}/include/kymo/${name})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/kymo/${name} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kymo)
  endif()
endfunction()

function(kymo_add_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  kymo_warnings(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${ARG_LABELS}")
endfunction()

function(kymo_add_python_test name script)
  cmake_parse_arguments(ARG "" "" "ARGS;LABELS" ${ARGN})
  add_test(NAME ${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${ARG_LABELS}"
    ENVIRONMENT "KYMO_BIN=${CMAKE_BINARY_DIR}/bin;KYMO_PEERS=${PROJECT_SOURCE_DIR}/build/peers/usr/bin")
  if("e2e" IN_LIST ARG_LABELS)
    # Whole programs at real-time pace: beside other tests they would starve on two cores.
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
endfunction()
