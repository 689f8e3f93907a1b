#include <cstdio>
#include <string>

#include <kymo/core/registry.h>
#include <kymo/format/prometheus_text.h>
#include <kymo/packs/cache.h>

int main() {
  kymo::Registry registry;
  kymo::packs::CacheMetrics cache(registry);
  for (int i = 0; i < 3; ++i) cache.look_up(true);
  std::string text;
  kymo::format::write_prometheus_text(*registry.snapshot(), text);
  std::puts(text.find("\ncache_hits_total 3\n") != std::string::npos ? "3" : text.c_str());
}
