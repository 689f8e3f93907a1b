# Run for the package. CMake strips programs only, and debug information names the folders of the build machine.
file(GLOB libraries "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${folder_of_libraries}/libkymo_*.a")
if(libraries)
  execute_process(COMMAND ${strip} --strip-debug --enable-deterministic-archives ${libraries} COMMAND_ERROR_IS_FATAL ANY)
endif()
