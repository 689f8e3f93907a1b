#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <kymo/core/cells.h>
#include <kymo/core/labels.h>

namespace kymo::inline v0 {

struct SeriesExtra;
class CellOwner;

/// One series: its labels, rendered once, and where its numbers are. Lives while anybody refers to it: the
/// family's list, a Snapshot, or a handle that a user holds.
///
/// Two counts, because they answer different questions: `references` when the memory may go, `handles`
/// whether a user could still record, so that an idle series is not taken from under him.
class Series final {
 public:
  /// A series with one reference, the caller's.
  static Series* create(std::string_view rendered_labels, std::chrono::system_clock::time_point created);

  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

  void retain() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept;

  void retain_handle() const noexcept;
  void release_handle() const noexcept;
  [[nodiscard]] bool has_handles() const noexcept { return handles_.load(std::memory_order_acquire) != 0; }

  [[nodiscard]] LabelsView labels() const noexcept { return LabelsView({text(), text_size_}); }
  [[nodiscard]] std::chrono::system_clock::time_point created() const noexcept { return created_; }

  /// Set once by the family before anybody else sees the series.
  CellId cell = kNullCell;
  CellOwner* owner = nullptr;    ///< gives the cells back with the last reference; null: none to give back
  SeriesExtra* extra = nullptr;  ///< what does not fit a cell: gauge statistics, window, exemplars; owned

  /// Only the thread that takes the family's snapshot touches these, under the family's lock.
  std::uint64_t last_activity = 0;
  std::chrono::steady_clock::time_point last_change;

 private:
  Series(std::size_t text_size, std::chrono::system_clock::time_point created) noexcept
      : created_(created), text_size_(static_cast<std::uint32_t>(text_size)) {}
  ~Series();

  [[nodiscard]] const char* text() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  std::chrono::system_clock::time_point created_;
  mutable std::atomic<std::uint32_t> references_{1};
  mutable std::atomic<std::uint32_t> handles_{0};
  std::uint32_t text_size_;
};

}  // namespace kymo::inline v0
