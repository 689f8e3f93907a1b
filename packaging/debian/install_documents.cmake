# Run for each package: the documents that Debian asks for. The time is that of SOURCE_DATE_EPOCH, where it is set.
set(folder "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share/doc/${package}")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${sources}/packaging/debian/changelog.in ${folder}/changelog.Debian @ONLY)
configure_file(${sources}/CHANGELOG.md ${folder}/changelog COPYONLY)
configure_file(${sources}/packaging/debian/copyright ${folder}/copyright COPYONLY)
execute_process(COMMAND gzip -9nf ${folder}/changelog ${folder}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
