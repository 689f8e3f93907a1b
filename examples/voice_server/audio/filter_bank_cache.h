#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>

#include "audio/filter_bank.h"

namespace voice {

/// Keeps the last used filter banks, since building one costs milliseconds.
///
/// Bounded: beyond `capacity` the least recently used bank is evicted (streams that hold it keep it).
/// Threads: any.
class FilterBankCache final {
 public:
  enum class Result { hit, miss };
  struct Lookup {
    std::shared_ptr<const FilterBank> bank;
    Result result = Result::miss;
  };

  explicit FilterBankCache(std::size_t capacity = 8) : capacity_(capacity) {}

  /// The bank of that pair; built if missing. If two threads miss the same pair, both build
  /// it.
  [[nodiscard]] Lookup find(RatePair rates);
  [[nodiscard]] std::size_t size() const;

 private:
  [[nodiscard]] std::shared_ptr<const FilterBank> find_kept(RatePair rates);
  void keep(std::shared_ptr<const FilterBank> bank);

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<std::shared_ptr<const FilterBank>> banks_;  // most recently used first
};

}  // namespace voice
