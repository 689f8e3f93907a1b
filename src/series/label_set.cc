#include <kymo/series/label_set.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace kymo::KYMO_ABI::series {
namespace {

void append_size(std::size_t size, std::string& out) {
  for (; size >= 0x80; size >>= 7U) out += static_cast<char>(0x80U | (size & 0x7FU));
  out += static_cast<char>(size);
}

void append_label(const Label& label, std::string& out) {
  append_size(label.key.size(), out);
  out += label.key;
  append_size(label.value.size(), out);
  out += label.value;
}

/// Takes a size and as many bytes from the front. Nothing where they are not there, or where the size has a
/// longer form than it needs.
std::optional<std::string_view> take_text(std::string_view& rest) noexcept {
  std::size_t size = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (rest.empty() || shift > 56) return std::nullopt;
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    size |= std::size_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) != 0) continue;
    if (byte == 0 && shift != 0) return std::nullopt;
    break;
  }
  if (size > rest.size()) return std::nullopt;
  const std::string_view text = rest.substr(0, size);
  rest.remove_prefix(size);
  return text;
}

bool contains(std::span<const std::string_view> keys, std::string_view key) noexcept {
  return std::ranges::find(keys, key) != keys.end();
}

void append_escaped(std::string_view value, std::string& out) {
  for (const char c : value) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      default: out += c;
    }
  }
}

}  // namespace

void LabelSet::Iterator::read() noexcept {
  std::string_view rest = rest_;
  const auto key = take_text(rest);
  const auto value = key ? take_text(rest) : std::nullopt;
  if (!value) {
    rest_ = {};
    return;
  }
  label_.key = *key;
  label_.value = *value;
  size_ = rest_.size() - rest.size();
}

LabelSet::LabelSet(std::span<const Label> labels) {
  std::vector<Label> sorted(labels.begin(), labels.end());
  std::ranges::stable_sort(sorted, {}, &Label::key);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const bool is_replaced = i + 1 < sorted.size() && sorted[i + 1].key == sorted[i].key;
    if (!is_replaced && !sorted[i].value.empty()) append_label(sorted[i], bytes_);
  }
}

LabelSet::LabelSet(std::string_view name, LabelsView labels, std::optional<Label> more) {
  std::vector<LabelsView::Entry> entries;
  for (LabelsView::Entry entry : labels) entries.push_back(std::move(entry));
  std::vector<Label> all = {{kNameLabel, name}};
  for (const LabelsView::Entry& entry : entries) all.emplace_back(entry.key, entry.value);
  if (more) all.push_back(*more);
  *this = LabelSet(std::span<const Label>(all));
}

std::optional<LabelSet> LabelSet::from_bytes(std::string_view bytes) {
  std::string_view before;
  for (std::string_view rest = bytes; !rest.empty();) {
    const bool is_first = rest.size() == bytes.size();
    const auto key = take_text(rest);
    const auto value = key ? take_text(rest) : std::nullopt;
    if (!value || value->empty() || (!is_first && *key <= before)) return std::nullopt;
    before = *key;
  }
  LabelSet labels;
  labels.bytes_ = bytes;
  return labels;
}

std::string_view LabelSet::get(std::string_view key) const noexcept {
  for (const Label& label : *this) {
    if (label.key >= key) return label.key == key ? label.value : std::string_view();
  }
  return {};
}

LabelSet LabelSet::with(std::string_view key, std::string_view value) const {
  std::vector<Label> labels;
  for (const Label& label : *this) labels.push_back(label);
  labels.emplace_back(key, value);
  return LabelSet(std::span<const Label>(labels));
}

LabelSet LabelSet::only(std::span<const std::string_view> keys) const {
  LabelSet result;
  for (const Label& label : *this) {
    if (contains(keys, label.key)) append_label(label, result.bytes_);
  }
  return result;
}

LabelSet LabelSet::without(std::span<const std::string_view> keys) const {
  LabelSet result;
  for (const Label& label : *this) {
    if (!contains(keys, label.key)) append_label(label, result.bytes_);
  }
  return result;
}

std::string LabelSet::to_string() const {
  std::string text(name());
  bool is_first = true;
  for (const Label& label : *this) {
    if (label.key == kNameLabel) continue;
    text += is_first ? "{" : ",";
    is_first = false;
    text.append(label.key).append("=\"");
    append_escaped(label.value, text);
    text += '"';
  }
  if (!is_first) return text + '}';
  return text.empty() ? "{}" : text;
}

std::strong_ordering operator<=>(const LabelSet& a, const LabelSet& b) noexcept {
  auto at_a = a.begin();
  auto at_b = b.begin();
  for (; at_a != a.end() && at_b != b.end(); ++at_a, ++at_b) {
    const Label label_a = *at_a;
    const Label label_b = *at_b;
    if (const auto order = label_a.key <=> label_b.key; order != 0) return order;
    if (const auto order = label_a.value <=> label_b.value; order != 0) return order;
  }
  return (at_a != a.end()) <=> (at_b != b.end());
}

}  // namespace kymo::KYMO_ABI::series
