#pragma once

#include <kymo/core/counter.h>
#include <kymo/core/registry.h>

namespace kymo::KYMO_ABI::packs {

/// Hits, misses and the hit rate of a cache.
///
///     kymo::packs::CacheMetrics cache(registry);
///     cache.look_up(found != entries.end());
///
/// `cache.hit_rate` is over all look-ups since the start; for the current rate, divide the rates of the
/// counters. Threads: any. Errors: a second one on the same registry is a registration error.
class KYMO_API CacheMetrics final {
 public:
  explicit CacheMetrics(Registry& registry);

  void look_up(bool hit) noexcept { (hit ? hits : misses).add(); }

  /// Hits over look-ups, 0 to 1; 0 without look-ups.
  [[nodiscard]] double hit_rate() const noexcept;
  /// The same, 0 to 100, as `/api/metrics/summary` shows it.
  [[nodiscard]] double hit_rate_percent() const noexcept { return 100 * hit_rate(); }

  Counter hits;    ///< `cache.hits`
  Counter misses;  ///< `cache.misses`

 private:
  Registration hit_rate_;  // `cache.hit_rate`
};

}  // namespace kymo::KYMO_ABI::packs
