#include <cstdio>

#include <kymo/core/registry.h>

int main() {
  kymo::Registry registry;
  auto requests = registry.family<kymo::Counter, "method">("http.requests", "Requests answered.");
  requests.with("GET").add(3);
  const auto point = registry.snapshot()->find("http.requests", {{"method", "GET"}});
  std::printf("%.0f\n", kymo::to_double(point->number));
}
