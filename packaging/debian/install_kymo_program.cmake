# Run for the package: the configuration. A package has it in /etc; without DESTDIR nothing outside the prefix is written.
set(folder "$ENV{DESTDIR}/etc")
if("$ENV{DESTDIR}" STREQUAL "")
  set(folder "${CMAKE_INSTALL_PREFIX}/etc")
endif()
execute_process(COMMAND ${python} ${sources}/packaging/from_help/write --configuration ${program} ${folder}/kymo/kymo.yml
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
