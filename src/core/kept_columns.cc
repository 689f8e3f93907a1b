#include "kept_columns.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include <kymo/core/snapshot_memory.h>

#include "fork_gate.h"

namespace kymo::KYMO_ABI {
namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds kUnusedTime{60};
/// Of all columns together: those of two Snapshots of a million counters, several times.
constexpr std::size_t kMostBytes = std::size_t{64} << 20U;
/// malloc itself gives smaller pieces again without a page fault.
constexpr std::size_t kLeastBytes = std::size_t{4} << 10U;
constexpr std::size_t kMostColumns = 512;
/// Room that a column may have beyond what was asked for.
constexpr std::size_t kMostSpareShare = 2;

template <class T>
std::size_t bytes_of(const std::vector<T>& column) noexcept {
  return column.capacity() * sizeof(T);
}
std::size_t bytes_of(const std::unique_ptr<cells::BucketWords>& words) noexcept {
  return words == nullptr ? 0 : words->bytes();
}

/// The kept memory of one kind. Under the lock of them all.
template <class Memory>
class Shelf final {
 public:
  /// The smallest that has at least `least` bytes and at most `most`; else an empty one.
  Memory take(std::size_t least, std::size_t most, std::size_t& bytes) noexcept {
    std::size_t best = size_;
    for (std::size_t i = 0; i < size_; ++i) {
      const std::size_t size = entries_[i].bytes;
      if (size >= least && size <= most && (best == size_ || size < entries_[best].bytes)) best = i;
    }
    return best == size_ ? Memory() : take_out(best, bytes);
  }
  /// Without room the memory stays the caller's.
  void put(Memory& memory, Time now, std::size_t& bytes) noexcept {
    const std::size_t size = bytes_of(memory);
    if (size_ == entries_.size() || bytes + size > kMostBytes) return;
    entries_[size_++] = {std::exchange(memory, Memory()), size, now};
    bytes += size;
  }
  /// One that was not used since `before`; else an empty one.
  Memory take_old(Time before, std::size_t& bytes) noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
      if (entries_[i].since <= before) return take_out(i, bytes);
    }
    return Memory();
  }

 private:
  struct Entry {
    Memory memory{};
    std::size_t bytes = 0;
    Time since{};
  };

  Memory take_out(std::size_t index, std::size_t& bytes) noexcept {
    Entry taken = std::exchange(entries_[index], Entry());
    bytes -= taken.bytes;
    std::swap(entries_[index], entries_[--size_]);
    return std::move(taken.memory);
  }

  std::size_t size_ = 0;
  std::array<Entry, kMostColumns> entries_{};
};

class Shelves final {
 public:
  template <class Memory>
  Memory take(std::size_t least, std::size_t most) noexcept {
    const StructureLock lock(mutex_);
    return shelf<Memory>().take(least, most, bytes_);
  }
  template <class Memory>
  void put(Memory& memory, Time now) noexcept {
    if (bytes_of(memory) < kLeastBytes) return;
    const StructureLock lock(mutex_);
    shelf<Memory>().put(memory, now, bytes_);
  }
  void free_unused(Time now) noexcept {
    free_unused_of<std::vector<std::uint64_t>>(now);
    free_unused_of<std::vector<std::chrono::system_clock::time_point>>(now);
    free_unused_of<std::vector<HistogramValue>>(now);
    free_unused_of<std::vector<GaugeStatistics>>(now);
    free_unused_of<std::unique_ptr<cells::BucketWords>>(now);
  }
  [[nodiscard]] std::size_t bytes() noexcept {
    const StructureLock lock(mutex_);
    return bytes_;
  }

 private:
  template <class Memory>
  Shelf<Memory>& shelf() noexcept {
    return std::get<Shelf<Memory>>(shelves_);
  }
  /// One at a time, so that no memory is freed under the lock.
  template <class Memory>
  void free_unused_of(Time now) noexcept {
    Memory old;
    do {
      old = Memory();
      const StructureLock lock(mutex_);
      old = shelf<Memory>().take_old(now - kUnusedTime, bytes_);
    } while (bytes_of(old) != 0);
  }

  std::mutex mutex_;  // the members below
  std::size_t bytes_ = 0;
  std::tuple<Shelf<std::vector<std::uint64_t>>, Shelf<std::vector<std::chrono::system_clock::time_point>>,
             Shelf<std::vector<HistogramValue>>, Shelf<std::vector<GaugeStatistics>>,
             Shelf<std::unique_ptr<cells::BucketWords>>>
      shelves_;
};

// Never destroyed: a static object may hold a Snapshot.
Shelves& shelves() noexcept {
  union Storage {
    Storage() noexcept : shelves() {}
    ~Storage() {}
    Shelves shelves;
  };
  static Storage storage;
  return storage.shelves;
}

template <class T>
void take_column(std::size_t size, std::vector<T>& column) {
  const std::size_t bytes = size * sizeof(T);
  if (bytes < kLeastBytes) return column.reserve(size);
  column = shelves().take<std::vector<T>>(bytes, kMostSpareShare * bytes);
  // Room for the series of the next Snapshots, too. Nobody touches it before, so it takes addresses only.
  if (column.capacity() < size) column.reserve(size + size / 8);
}

template <class T>
void keep_column(std::vector<T>& column, Time now) noexcept {
  column.clear();
  shelves().put(column, now);
}

// Nobody else has the Snapshot, and a copy of a family has columns of its own.
void keep(FamilyColumns& columns, Time now) noexcept {
  keep_column(columns.numbers, now);
  keep_column(columns.created, now);
  keep_column(columns.histograms, now);
  keep_column(columns.gauges, now);
}

/// At the end of the last family that shares the words.
struct KeepWords {
  void operator()(cells::BucketWords* ended) const noexcept {
    std::unique_ptr<cells::BucketWords> words(ended);
    words->clear();
    shelves().put(words, std::chrono::steady_clock::now());
  }
};

struct KeepMemory {
  void operator()(Snapshot* snapshot) const noexcept {
    const Time now = std::chrono::steady_clock::now();
    for (const FamilySnapshot& family : snapshot->families)
      keep(const_cast<FamilyColumns&>(family.columns()), now);
    delete snapshot;
  }
};

}  // namespace

namespace kept {

void take(std::size_t size, std::vector<std::uint64_t>& column) { take_column(size, column); }
void take(std::size_t size, std::vector<std::chrono::system_clock::time_point>& column) {
  take_column(size, column);
}
void take(std::size_t size, std::vector<HistogramValue>& column) { take_column(size, column); }
void take(std::size_t size, std::vector<GaugeStatistics>& column) { take_column(size, column); }

std::shared_ptr<cells::BucketWords> take_words() {
  auto words = shelves().take<std::unique_ptr<cells::BucketWords>>(kLeastBytes, kMostBytes);
  if (words == nullptr) words = std::make_unique<cells::BucketWords>();
  return {words.release(), KeepWords()};
}

std::shared_ptr<const Snapshot> make_snapshot(Snapshot snapshot) {
  shelves().free_unused(std::chrono::steady_clock::now());
  std::unique_ptr<Snapshot, KeepMemory> made(new Snapshot(std::move(snapshot)));
  return std::shared_ptr<const Snapshot>(std::move(made));
}

}  // namespace kept

void free_unused_snapshot_memory(Time now) noexcept { shelves().free_unused(now); }

std::size_t kept_snapshot_bytes() noexcept { return shelves().bytes(); }

}  // namespace kymo::KYMO_ABI
