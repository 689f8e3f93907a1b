#include <kymo/packs/cache.h>

namespace kymo::KYMO_ABI::packs {
namespace {

double share_of(const Counter& hits, const Counter& misses) {
  const auto hit = static_cast<double>(hits.value());
  const double all = hit + static_cast<double>(misses.value());
  return all > 0 ? hit / all : 0.0;
}

}  // namespace

CacheMetrics::CacheMetrics(Registry& registry)
    : hits(registry.counter("cache.hits", "Look-ups that the cache answered.")),
      misses(registry.counter("cache.misses", "Look-ups that the cache could not answer.")),
      hit_rate_(registry.observe_gauge("cache.hit_rate", "Share of the look-ups that the cache answered.",
                                       [found = hits, absent = misses] { return share_of(found, absent); },
                                       {.unit = "ratio", .has_deadline = false})) {}

double CacheMetrics::hit_rate() const noexcept { return share_of(hits, misses); }

}  // namespace kymo::KYMO_ABI::packs
