#include "exemplar_text.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "number_text.h"

namespace kymo::KYMO_ABI::format {
namespace {

constexpr std::size_t kMaxLabelCharacters = 128;  // OpenMetrics 1.0, "Exemplars"

std::size_t characters(std::string_view utf8) noexcept {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_allowed(const Exemplar& exemplar) {
  if (std::isnan(exemplar.value)) return false;
  std::size_t total = 0;
  for (const LabelsView::Entry& label : LabelsView(exemplar.labels)) {
    total += characters(label.key) + characters(label.value);
  }
  return total <= kMaxLabelCharacters;
}

}  // namespace

const Exemplar* newest_allowed(std::span<const Exemplar> exemplars) {
  const Exemplar* newest = nullptr;
  for (const Exemplar& exemplar : exemplars) {
    if ((newest == nullptr || exemplar.time > newest->time) && is_allowed(exemplar)) newest = &exemplar;
  }
  return newest;
}

std::size_t exemplar_bytes(const Exemplar& exemplar) noexcept {
  return exemplar.labels.size() + 2 * kMaxNumberBytes + 8;
}

char* put_exemplar(char* at, const Exemplar& exemplar) noexcept {
  at = put_text(at, " # {");
  at = put_text(at, exemplar.labels);
  at = put_text(at, "} ");
  at = put_number(at, exemplar.value);
  *at++ = ' ';
  return put_unix_time(at, exemplar.time);
}

}  // namespace kymo::KYMO_ABI::format
