# What `cmake --install` leaves for others: find_package(kymo) and pkg-config.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kymo)
install(EXPORT kymo-targets NAMESPACE kymo:: DESTINATION ${package_dir})
configure_package_config_file(packaging/kymo-config.cmake.in ${CMAKE_BINARY_DIR}/kymo-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/kymo-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/kymo-config.cmake ${CMAKE_BINARY_DIR}/kymo-config-version.cmake
  DESTINATION ${package_dir})

set(pkgconfig_files kymo-core)
if(KYMO_BUILD_PROGRAM)
  list(APPEND pkgconfig_files kymo)
endif()
foreach(name ${pkgconfig_files})
  configure_file(packaging/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
