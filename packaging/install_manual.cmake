# Run at installation, with the settings of cmake/KymoPackages.cmake: man pages and completions, from the program's help.
# zsh looks in another folder for files of Debian's packages than for those that an administrator installs.
set(zsh_folder site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(zsh_folder vendor-completions)
endif()
execute_process(COMMAND ${python} ${sources}/packaging/from_help/write --manual ${program}
  "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${folder_of_data}" ${zsh_folder}
  OUTPUT_VARIABLE written COMMAND_ERROR_IS_FATAL ANY)
# The manifest names files without DESTDIR, as CMake itself does.
string(REPLACE "\n$ENV{DESTDIR}/" "\n/" written "\n${written}")
string(REGEX MATCHALL "[^\n]+" written "${written}")
list(APPEND CMAKE_INSTALL_MANIFEST_FILES ${written})
