# Makes a static library that shows nothing of the C++ libraries that it uses:
#   cmake "-DJOIN=COMMAND OPTION…" -DAR=… -DNM=… -DOBJCOPY=… -P hide_dependencies.cmake LIBRARY.a OBJECT…
# Headers of Boost leave weak symbols in an object. A linker takes any one of several, and a program that links kymo may have
# another version of Boost, or one compiled with other macros. So the objects become one, in which only kymo's own symbols stay
# global: those with one definition, and of those with several the variables, type information and tables. Inline functions
# become local: another library's copy may work on objects of that library's Boost.
math(EXPR last "${CMAKE_ARGC} - 1")
set(arguments "")
foreach(i RANGE ${last})
  list(APPEND arguments "${CMAKE_ARGV${i}}")
endforeach()
list(FIND arguments -P script)
math(EXPR script "${script} + 2")
list(SUBLIST arguments ${script} -1 objects)
list(POP_FRONT objects library)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

cmake_path(GET library STEM name)
cmake_path(REPLACE_FILENAME library ${name}.o OUTPUT_VARIABLE joined)
# A linker throws a group away where another object has a group of that name. So a group must end before its symbols become local.
separate_arguments(JOIN UNIX_COMMAND "${JOIN}")
run(${JOIN} -o ${joined} ${objects})
execute_process(COMMAND ${NM} --defined-only --extern-only --format=sysv ${joined} OUTPUT_VARIABLE table COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+\n" lines "${table}")
set(kept "")
set(weak "")
foreach(line ${lines})
  # name | value | class | type | size | line | section
  if(NOT line MATCHES "^([^ |]+) *\\|[^|]*\\| *([A-Za-z]) *\\| *([A-Z]+) *\\|")
    continue()
  endif()
  set(name ${CMAKE_MATCH_1})
  set(class ${CMAKE_MATCH_2})
  set(type ${CMAKE_MATCH_3})
  set(is_kymo FALSE)
  # Before the namespace stands a mark of tables, guards, thunks, and names that are local to a function.
  if(name MATCHES "^(_Z(T[VTISHW]|GV|GR|T[hvc][0-9n_]+)?Z*N[KVRO]*4kymo|kymo_)")
    set(is_kymo TRUE)
  endif()
  if(is_kymo AND (NOT class MATCHES "[WVu]" OR (NOT type STREQUAL "FUNC" AND NOT name MATCHES "N5boost")))
    string(APPEND kept "${name}\n")
  endif()
  if(class STREQUAL "u")
    string(APPEND weak "${name}\n")
  endif()
endforeach()
if(kept STREQUAL "")
  message(FATAL_ERROR "${library}: no object has a symbol of kymo. Where they are for -flto, configure with KYMO_HIDE_DEPENDENCIES=OFF")
endif()
file(WRITE ${library}.kept "${kept}")
file(WRITE ${library}.weak "${weak}")
# Unique symbols of the GNU kind (STB_GNU_UNIQUE) become weak first: objcopy leaves them global otherwise, and linkers take those
# that are in no group for a second definition.
run(${OBJCOPY} --weaken-symbols=${library}.weak ${joined})
run(${OBJCOPY} --keep-global-symbols=${library}.kept --remove-section=.llvm_addrsig ${joined})
file(REMOVE ${library} ${library}.kept ${library}.weak)
run(${AR} qc ${library} ${joined})
file(REMOVE ${joined})
