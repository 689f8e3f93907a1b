// Prints what the collector finds, once for each line it reads: the other half of compare_peers.py.
// First its process id; after each reading a line "# end".

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <string>

#include <kymo/core/snapshot_builder.h>
#include <kymo/system/system_collector.h>

#include "snapshot_text.h"

int main() {
  kymo::system::SystemOptions options;
  options.filesystem_interval = std::chrono::milliseconds(0);
  options.memory_map_interval = std::chrono::milliseconds(0);
  kymo::system::SystemCollector collector(options);
  std::cout << ::getpid() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    kymo::SnapshotBuilder builder;
    collector.collect(builder);
    const auto snapshot = builder.finish();
    std::cout << kymo::system::snapshot_text(*snapshot) << "# errors " << builder.errors() << "\n# end"
              << std::endl;
  }
}
