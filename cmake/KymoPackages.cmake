# The manual, and the packages: `cpack` makes a .deb file of each component. packaging/build does all of it.
#   kymo_program      the program, its man pages, completions, service and configuration: kymo
#   kymo_development  headers, static libraries, and how they are found: libkymo-dev
#   kymo_library      the shared library, where BUILD_SHARED_LIBS is on: libkymo0
set(KYMO_PACKAGE_RELEASE 1 CACHE STRING "The number of a package among those of one version of kymo")
set(KYMO_COMPONENTS kymo_program kymo_development)
set(development_depends "libssl-dev, zlib1g-dev, libzstd-dev, libre2-dev, libyaml-cpp-dev")
set(development_holds "static libraries")
if(BUILD_SHARED_LIBS)
  list(APPEND KYMO_COMPONENTS kymo_library)
  set(development_depends "libkymo${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION}-${KYMO_PACKAGE_RELEASE})")
  set(development_holds "link of the shared library")
endif()
set(KYMO_PACKAGE_CONTACT "kymo maintainers <maintainers@example.org>" CACHE STRING "The maintainer that packages name")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME kymo)
set(CPACK_PACKAGE_CONTACT ${KYMO_PACKAGE_CONTACT})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_COMPONENTS_ALL ${KYMO_COMPONENTS})
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_SET_DESTDIR ON)  # /etc is not below the prefix
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${KYMO_PACKAGE_RELEASE})
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(scripts ${PROJECT_SOURCE_DIR}/packaging/debian/program)
set(CPACK_DEBIAN_KYMO_PROGRAM_PACKAGE_NAME kymo)
set(CPACK_DEBIAN_KYMO_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_KYMO_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_KYMO_PROGRAM_PACKAGE_CONTROL_EXTRA ${scripts}/conffiles ${scripts}/postinst ${scripts}/prerm ${scripts}/postrm)
set(CPACK_DEBIAN_KYMO_PROGRAM_DESCRIPTION "live metrics of a host and of the programs on it
kymo serves the figures of this host as a dashboard in the browser, as
Prometheus text, OpenMetrics and JSON. The same program shows them on a
terminal, watches a process, and measures how well other machines are reached.

The service is off until it is enabled: systemctl enable --now kymo")
set(CPACK_DEBIAN_KYMO_DEVELOPMENT_PACKAGE_NAME libkymo-dev)
set(CPACK_DEBIAN_KYMO_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_KYMO_DEVELOPMENT_PACKAGE_DEPENDS "${development_depends}")
set(CPACK_DEBIAN_KYMO_DEVELOPMENT_DESCRIPTION "live metrics inside a C++20 program: headers and libraries
A server that links kymo measures itself, and serves its figures as a
dashboard, Prometheus text, OpenMetrics and JSON. This package has the
headers, the ${development_holds}, and files for CMake and pkg-config.")

set(CPACK_DEBIAN_KYMO_LIBRARY_PACKAGE_NAME libkymo${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_KYMO_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_KYMO_LIBRARY_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_KYMO_LIBRARY_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_KYMO_LIBRARY_DESCRIPTION "live metrics inside a C++ program: the shared library
A server that links kymo measures itself, and serves its figures as a
dashboard, Prometheus text, OpenMetrics and JSON. Programs that were built
with libkymo-dev need this package.")

find_program(KYMO_PYTHON python3)
set(settings "
  set(program \"$<TARGET_FILE:kymo>\")
  set(python \"${KYMO_PYTHON}\")
  set(sources \"${PROJECT_SOURCE_DIR}\")
  set(strip \"${CMAKE_STRIP}\")
  set(folder_of_data \"${CMAKE_INSTALL_DATADIR}\")
  set(folder_of_libraries \"${CMAKE_INSTALL_LIBDIR}\")
  set(upstream_version ${PROJECT_VERSION})
  set(version ${PROJECT_VERSION}-${KYMO_PACKAGE_RELEASE})
  set(contact \"${KYMO_PACKAGE_CONTACT}\")")
# The program tells its own help: only a machine that can run it writes its manual.
if(KYMO_PYTHON AND NOT CMAKE_CROSSCOMPILING)
  install(CODE "${settings}" COMPONENT kymo_program)
  install(SCRIPT packaging/install_manual.cmake COMPONENT kymo_program)
endif()
# Packages alone have these: `cmake --install` leaves them out.
install(FILES packaging/systemd/kymo.service DESTINATION lib/systemd/system COMPONENT kymo_program EXCLUDE_FROM_ALL)
foreach(component ${KYMO_COMPONENTS})
  string(TOUPPER CPACK_DEBIAN_${component}_PACKAGE_NAME package)
  install(CODE "${settings}\n  set(package ${${package}})" COMPONENT ${component} EXCLUDE_FROM_ALL)
  if(EXISTS ${PROJECT_SOURCE_DIR}/packaging/debian/install_${component}.cmake)
    install(SCRIPT packaging/debian/install_${component}.cmake COMPONENT ${component} EXCLUDE_FROM_ALL)
  endif()
  install(SCRIPT packaging/debian/install_documents.cmake COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()
include(CPack)
