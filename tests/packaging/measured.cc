// A server as a user of the package writes it. kymo serves its figures, and the program prints the address.
#include <iostream>

#include <kymo/core/counter.h>
#include <kymo/monitor/monitor.h>

int main() {
  kymo::Monitor monitor({.listen = "127.0.0.1:0"});
  monitor.registry().counter("packaged.calls", "Calls of the packaged program.").add(3);
  std::cout << monitor.url() << std::endl;
  std::cin.get();  // the test ends it, once it has read the figures
}
