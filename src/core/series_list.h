#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

class Series;

/// The series of a family in the order of creation, in segments that only grow at the end. A reader
/// of `parts()` walks a million series while others are added. Removing copies the affected
/// segments.
class SeriesList final {
 public:
  /// A segment up to its fill when the part was taken.
  class Part final {
   public:
    [[nodiscard]] std::span<Series* const> series() const noexcept { return {segment_.get(), size_}; }

   private:
    friend class SeriesList;
    explicit Part(std::size_t capacity) : segment_(new Series*[capacity]()), capacity_(capacity) {}

    std::shared_ptr<Series*[]> segment_;
    std::size_t capacity_;
    std::size_t size_ = 0;
  };

  /// Lets the next append() succeed without memory.
  void make_room();
  /// After make_room().
  void append(Series* series) noexcept;
  /// Cost: a walk over the list, and a copy of each affected segment. Errors: `std::bad_alloc`; then nothing
  /// was removed.
  void remove(std::span<Series* const> series);

  [[nodiscard]] const std::vector<Part>& parts() const noexcept { return parts_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::vector<Part> parts_;
  std::size_t size_ = 0;
};

}  // namespace kymo::KYMO_ABI
