#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <kymo/core/detail/cells.h>
#include <kymo/core/labels.h>

#include "label_hash.h"

namespace kymo::KYMO_ABI {

/// Takes a cell back when its series is finally removed.
class CellOwner {
 public:
  virtual void give_back(CellId id) noexcept = 0;

 protected:
  ~CellOwner() = default;
};

struct SeriesExtra;
class CellOwner;
class ResetBase;

/// A time in as few bits as expiry needs: wraps after 49 days, so only differences are meaningful.
[[nodiscard]] inline std::uint32_t milliseconds_of(std::chrono::steady_clock::time_point time) noexcept {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<std::uint32_t>(since.count());
}

/// One series: its labels, rendered once, and the place of its numbers. Lives while a family's list, a
/// Snapshot, or a user's handle refers to it.
///
/// Two counts for two questions: `references` tells when to free the memory, `handles` whether a user can
/// still record, so that the series must not expire.
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

  /// A condemned series is removed after a GracePeriod unless somebody wants it meanwhile. A look-up that
  /// finds one takes the family's lock, and spares it or finds it gone.
  [[nodiscard]] bool is_condemned() const noexcept { return has(kCondemned); }
  void condemn() const noexcept { state_.fetch_or(kCondemned, std::memory_order_acq_rel); }
  void spare() const noexcept { state_.fetch_and(kHidden, std::memory_order_acq_rel); }

  /// Neither condemned nor hidden.
  [[nodiscard]] bool is_plain() const noexcept { return state_.load(std::memory_order_acquire) == 0; }

  /// A hidden series was reset, and reappears at its next record.
  [[nodiscard]] bool is_hidden() const noexcept { return has(kHidden); }
  void hide() const noexcept { state_.fetch_or(kHidden, std::memory_order_acq_rel); }
  void show() const noexcept { state_.fetch_and(kCondemned, std::memory_order_acq_rel); }

  /// True if these are its labels, compared without rendering. May return false where rendering would show
  /// equality: see labels_match().
  [[nodiscard]] bool matches(Labels wanted) const noexcept {
    return label_count_ != kNeedsRendering && labels_match(wanted, labels().text(), label_count_);
  }

  [[nodiscard]] LabelsView labels() const noexcept { return LabelsView({text(), text_size_}); }
  /// Creation time. The count may have begun later: see ResetBase::time().
  [[nodiscard]] std::chrono::system_clock::time_point created() const noexcept { return created_; }

  /// Null until the series is first reset.
  [[nodiscard]] ResetBase* reset_base() const noexcept { return reset_base_.load(std::memory_order_acquire); }
  /// For the one thread that resets. A new one has base zero and that time.
  ResetBase& make_reset_base(std::chrono::system_clock::time_point time);

  /// Set once by the family before anybody else sees the series.
  CellId cell = kNullCell;
  /// Only the thread that takes the family's snapshot touches these two.
  std::uint32_t last_change_ms = 0;  ///< see milliseconds_of()
  std::uint64_t last_activity = 0;
  CellOwner* owner = nullptr;    ///< returns the cells with the last reference; null: none to return
  SeriesExtra* extra = nullptr;  ///< parts that do not fit a cell: gauge statistics, window, exemplars; owned
  std::uint64_t hash = 0;        ///< of the labels as LabelsView returns them

 private:
  static constexpr std::uint8_t kNeedsRendering = 255;
  static constexpr std::uint8_t kCondemned = 1;
  static constexpr std::uint8_t kHidden = 2;
  [[nodiscard]] bool has(std::uint8_t state) const noexcept {
    return (state_.load(std::memory_order_acquire) & state) != 0;
  }

  Series(std::string_view rendered_labels, std::chrono::system_clock::time_point created) noexcept;
  ~Series();

  [[nodiscard]] const char* text() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  std::chrono::system_clock::time_point created_;
  std::atomic<ResetBase*> reset_base_{nullptr};
  mutable std::atomic<std::uint32_t> references_{1};
  mutable std::atomic<std::uint32_t> handles_{0};
  std::uint32_t text_size_;
  std::uint8_t label_count_;
  mutable std::atomic<std::uint8_t> state_{0};
  friend class SeriesTable;
  std::uint8_t aliases_ = 0;  // number of other hashes in the table
};

}  // namespace kymo::KYMO_ABI
