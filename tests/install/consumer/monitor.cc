#include <cstdio>

#include <kymo/monitor/monitor.h>

int main() {
  kymo::Monitor monitor({.listen = "127.0.0.1:0"});
  auto requests = monitor.registry().counter("requests", "Requests answered.");
  requests.add(3);
  std::printf("%.0f\n", kymo::to_double(monitor.snapshot()->find("requests", {})->number));
}
