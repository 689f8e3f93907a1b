# Run at installation, with the settings of cmake/KymoPackages.cmake: man pages and completions, from the program's help.
# zsh looks in another folder for files of Debian's packages than for those that an administrator installs.
set(zsh_folder site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(zsh_folder vendor-completions)
endif()
execute_process(COMMAND ${python} ${sources}/packaging/from_help/write --manual ${program}
  "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${folder_of_data}" ${zsh_folder}
  OUTPUT_VARIABLE written COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" written "${written}")
foreach(file ${written})
  string(REGEX REPLACE "^$ENV{DESTDIR}" "" file "${file}")
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${file}")
endforeach()
