#include "series.h"

#include <cstring>
#include <new>

#include <kymo/core/snapshot.h>

#include "reset_base.h"
#include "series_extra.h"

namespace kymo::KYMO_ABI {

Series* Series::create(std::string_view rendered_labels, std::chrono::system_clock::time_point created) {
  void* memory = ::operator new(sizeof(Series) + rendered_labels.size());
  auto* series = new (memory) Series(rendered_labels, created);
  std::memcpy(static_cast<char*>(memory) + sizeof(Series), rendered_labels.data(), rendered_labels.size());
  return series;
}

Series::Series(std::string_view rendered_labels, std::chrono::system_clock::time_point created) noexcept
    : created_(created),
      text_size_(static_cast<std::uint32_t>(rendered_labels.size())),
      label_count_(kNeedsRendering) {
  const std::size_t count = count_labels(rendered_labels);
  // With a backslash in it, the text differs from its values.
  if (count < kNeedsRendering && rendered_labels.find('\\') == std::string_view::npos) {
    label_count_ = static_cast<std::uint8_t>(count);
  }
}

Series::~Series() {
  if (owner != nullptr) owner->give_back(cell);
  delete extra;
  delete reset_base();
}

ResetBase& Series::make_reset_base(std::chrono::system_clock::time_point time) {
  if (ResetBase* made = reset_base()) return *made;
  auto* made = new ResetBase(time);
  reset_base_.store(made, std::memory_order_release);
  return *made;
}

void Series::release() const noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  this->~Series();
  ::operator delete(const_cast<Series*>(this));
}

void Series::retain_handle() const noexcept {
  // All handles together hold one reference, so copying a handle touches one count.
  if (handles_.fetch_add(1, std::memory_order_acq_rel) == 0) retain();
}

void Series::release_handle() const noexcept {
  if (handles_.fetch_sub(1, std::memory_order_acq_rel) == 1) release();
}

SeriesPtr::SeriesPtr(const SeriesPtr& other) noexcept : series_(other.series_) {
  if (series_ != nullptr) series_->retain();
}

SeriesPtr::~SeriesPtr() {
  if (series_ != nullptr) series_->release();
}

LabelsView SeriesPtr::labels() const noexcept { return series_->labels(); }

std::chrono::system_clock::time_point SeriesPtr::created() const noexcept { return series_->created(); }

}  // namespace kymo::KYMO_ABI
