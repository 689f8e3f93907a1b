include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CheckPIESupported)
include(GNUInstallDirs)
if(PROJECT_IS_TOP_LEVEL)
  # Without this CMake compiles programs as position-independent, and leaves it to the compiler how they are linked.
  check_pie_supported(LANGUAGES CXX)
endif()
find_package(Threads REQUIRED)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without these it would not keep what is compiled with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

# The warnings of a project that has kymo as a part are its own choice, but no new compiler stops its build over kymo's
# sources. There g++ 12 takes a literal plus a temporary string for a copy onto itself (GCC's bug 105651).
set(KYMO_WARNINGS -Wall -Wextra -Wpedantic -Wconversion)
if(NOT CMAKE_UNITY_BUILD)
  list(APPEND KYMO_WARNINGS -Wshadow)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND KYMO_WARNINGS -Wshadow=local)  # a local name may be that of another file in the unit
endif()
if(NOT PROJECT_IS_TOP_LEVEL)
  set(KYMO_WARNINGS -Wno-error)  # the last option counts
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    list(APPEND KYMO_WARNINGS -Wno-restrict)
  endif()
endif()

function(kymo_warnings target)
  target_compile_options(${target} PRIVATE ${KYMO_WARNINGS} $<$<BOOL:${KYMO_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()

# These protections make a memory error of kymo harder to use. They are for optimized builds: a debug build has sanitizers
# instead, and glibc's checks need an optimizer. Only kymo's own targets get them, not those of a program that has kymo as a part.
set(KYMO_HARDENING_COMPILES "")
set(KYMO_HARDENING_LINKS "")
if(KYMO_HARDENING AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(optimized $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER KYMO_HAS${flag} has)
    check_cxx_compiler_flag("${flag} -Werror" ${has})
    if(${has})
      list(APPEND KYMO_HARDENING_COMPILES $<${optimized}:${flag}>)
    endif()
  endforeach()
  # Some distributions' compilers define it by themselves. A C library or compiler that does not know a level warns.
  foreach(level 3 2)
    set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${level}")
    check_cxx_source_compiles("#include <cstdlib>\nint main() {}" KYMO_HAS_FORTIFY_${level})
    unset(CMAKE_REQUIRED_FLAGS)
    if(KYMO_HAS_FORTIFY_${level})
      list(APPEND KYMO_HARDENING_COMPILES $<${optimized}:-U_FORTIFY_SOURCE> $<${optimized}:-D_FORTIFY_SOURCE=${level}>)
      break()
    endif()
  endforeach()
  foreach(flag relro now noexecstack text)
    list(APPEND KYMO_HARDENING_LINKS $<${optimized}:LINKER:-z,${flag}>)
  endforeach()
endif()

function(kymo_harden target)
  target_compile_options(${target} PRIVATE ${KYMO_HARDENING_COMPILES})
  target_link_options(${target} PRIVATE ${KYMO_HARDENING_LINKS})
endfunction()

# Layers with Boost in their sources become libraries that show nothing of it: see cmake/hide_dependencies.cmake. A build with
# sanitizers or coverage is left out, because their own symbols must stay as they are.
set(KYMO_HIDE_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/hide_dependencies.cmake)
set(KYMO_CAN_HIDE OFF)
if(KYMO_HIDE_DEPENDENCIES AND KYMO_BUILD_MONITOR AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize|--coverage")
  string(REGEX MATCHALL "(-m(32|x32|64)|--target=[^ ]+)" for_machine "${CMAKE_CXX_FLAGS}")
  if(CMAKE_CXX_COMPILER_TARGET)
    list(APPEND for_machine --target=${CMAKE_CXX_COMPILER_TARGET})
  endif()
  set(joiner ${CMAKE_CXX_COMPILER} ${for_machine} -r -nostdlib -fuse-ld=bfd -Wl,--force-group-allocation)
  list(JOIN joiner " " KYMO_JOINER)
  execute_process(COMMAND ${joiner} -x c++ /dev/null -o ${CMAKE_BINARY_DIR}/can_hide.o RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(failed OR NOT CMAKE_OBJCOPY OR NOT CMAKE_NM)
    message(WARNING "kymo: its libraries show their Boost to who links them, so a program must have the same Boost or none. "
      "To hide it, install GNU binutils (ld.bfd, objcopy, nm) and configure anew; KYMO_HIDE_DEPENDENCIES=OFF silences this")
  else()
    set(KYMO_CAN_HIDE ON)
  endif()
endif()

# A layer of the architecture: a static library kymo_NAME, known as kymo::NAME here and to whoever finds the installed package.
function(kymo_add_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(kymo_${name} STATIC ${ARG_SOURCES})
  add_library(kymo::${name} ALIAS kymo_${name})
  # Hidden: the same objects become the shared library, see cmake/KymoInstall.cmake.
  set_target_properties(kymo_${name} PROPERTIES EXPORT_NAME ${name} CXX_VISIBILITY_PRESET hidden)
  target_include_directories(kymo_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # Headers alone are of no use to who links the result.
  list(TRANSFORM ARG_PRIVATE_LINK REPLACE "^Boost::headers$" "$<BUILD_INTERFACE:Boost::headers>")
  target_link_libraries(kymo_${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  target_compile_features(kymo_${name} PUBLIC cxx_std_20)
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    # A message about a place in the source names no folder of who built it.
    target_compile_options(kymo_${name} PRIVATE -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
  endif()
  kymo_warnings(kymo_${name})
  kymo_harden(kymo_${name})
  if(KYMO_CAN_HIDE AND "${ARG_PRIVATE_LINK}" MATCHES "Boost::headers|yaml-cpp")
    # Objects with the intermediate code of -flto cannot be joined.
    target_compile_options(kymo_${name} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-fno-lto>)
    set_target_properties(kymo_${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
    set(CMAKE_CXX_ARCHIVE_CREATE "${CMAKE_COMMAND} \"-DJOIN=${KYMO_JOINER}\" -DAR=${CMAKE_AR} -DNM=${CMAKE_NM} -DOBJCOPY=${CMAKE_OBJCOPY} -P ${KYMO_HIDE_SCRIPT} <TARGET> <OBJECTS>" PARENT_SCOPE)
    set_property(TARGET kymo_${name} APPEND PROPERTY LINK_DEPENDS ${KYMO_HIDE_SCRIPT})
  endif()
  # What cmake/KymoInstall.cmake makes packages of, in this order: those below come first.
  set_property(GLOBAL APPEND PROPERTY KYMO_LAYERS ${name})
  set_property(GLOBAL PROPERTY KYMO_LINKS_OF_${name} ${ARG_LINK} ${ARG_PRIVATE_LINK})
  if(NOT BUILD_SHARED_LIBS)
    install(TARGETS kymo_${name} EXPORT kymo-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
  if(EXISTS ${PROJECT_SOURCE_DIR}/include/kymo/${name})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/kymo/${name} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kymo)
  endif()
endfunction()

# Sanitizer builds contain the programs of the tests that run there, and no others. Tests of whole programs, of other
# projects' builds and of compilers run in release only. In clang's thread sanitizer, a child forked among threads can hang,
# and a test cannot replace `operator new`.
set(KYMO_ELSEWHERE "^-$")
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
  set(KYMO_ELSEWHERE "e2e|install|style|compiler|single_threaded|forks|replaces_new")
elseif(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(KYMO_ELSEWHERE "e2e|install|style|compiler")
endif()

# The label `elsewhere` tells ./test to leave a test out.
function(kymo_label_test name labels)
  if("${labels}" MATCHES "${KYMO_ELSEWHERE}")
    list(APPEND labels elsewhere)
  elseif(ARGN)
    add_dependencies(sanitized_tests ${ARGN})
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${labels}")
endfunction()

# SINGLE_THREADED: the thread sanitizer has nothing to see, and a thread ends the test.
# OPTIMIZED: about code of headers as programs have it, or about memory, which sanitizers change. KYMO_OPTIMIZED_TESTS says
# so of a folder. The whole ./test runs the others under sanitizers only.
function(kymo_add_test name)
  cmake_parse_arguments(ARG "SINGLE_THREADED;OPTIMIZED" "" "SOURCES;LINK;LABELS" ${ARGN})
  if(ARG_SINGLE_THREADED)
    list(APPEND ARG_SOURCES ${PROJECT_SOURCE_DIR}/tests/support/no_threads.cc)
    list(APPEND ARG_LABELS single_threaded)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  set(headers kymo_test_headers)
  if(ARG_OPTIMIZED OR KYMO_OPTIMIZED_TESTS)
    if(TARGET kymo_optimized_test_headers)
      set(headers kymo_optimized_test_headers)
      target_compile_options(${name} PRIVATE -O2)
    endif()
  elseif(NOT KYMO_BUILD_UNIT_TESTS)
    list(APPEND ARG_LABELS elsewhere)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  target_precompile_headers(${name} REUSE_FROM ${headers})
  # With precompiled headers g++ 12 takes some joining of strings for a write out of bounds.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${name} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_options(${name} PRIVATE ${KYMO_TEST_LINKER})
  kymo_warnings(${name})
  add_test(NAME ${name} COMMAND ${name})
  kymo_label_test(${name} "${ARG_LABELS}" ${name})
endfunction()

# PROGRAMS are those of the build that the script runs. A test that runs under sanitizers must name them.
function(kymo_add_python_test name script)
  cmake_parse_arguments(ARG "" "" "ARGS;LABELS;PROGRAMS" ${ARGN})
  add_test(NAME ${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "KYMO_BIN=${CMAKE_BINARY_DIR}/bin;KYMO_PEERS=${PROJECT_SOURCE_DIR}/build/peers/usr/bin")
  kymo_label_test(${name} "${ARG_LABELS}" ${ARG_PROGRAMS})
  if("e2e" IN_LIST ARG_LABELS)
    # Whole programs at real-time pace: one at a time, so that a test that computes leaves them a processor.
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK real_time COST 1000)
  endif()
endfunction()
