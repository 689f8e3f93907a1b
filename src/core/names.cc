#include <kymo/core/names.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

bool is_first(char c) noexcept { return base::is_letter(c) || c == '_'; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kMaxNameBytes)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + '"';
}

bool has_suffix_word(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() + 1 && name.ends_with(suffix) &&
         name[name.size() - suffix.size() - 1] == '_';
}

std::string mapped(std::string_view name) {
  std::string out(name);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !is_first(c) && !base::is_digit(c) && c != ':'; }, '_');
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::counter: return "counter";
    case Kind::up_down_counter: return "up_down_counter";
    case Kind::gauge: return "gauge";
    case Kind::histogram: return "histogram";
    case Kind::window: return "window";
  }
  return "unknown";
}

std::optional<std::string> name_error(std::string_view name) {
  if (name.empty()) return "metric name is empty; give it one such as \"http.requests\"";
  if (name.size() > kMaxNameBytes) {
    return "metric name " + quoted(name.substr(0, 40)) + "… has " + std::to_string(name.size()) +
           " characters; at most 255 are allowed";
  }
  const auto allowed = [](char c) {
    return is_first(c) || base::is_digit(c) || c == ':' || c == '.' || c == '-' || c == '/';
  };
  if (!is_first(name.front()) || !std::all_of(name.begin(), name.end(), allowed)) {
    return "metric name " + quoted(name) +
           " is not valid: start with a letter or _, go on with letters, digits, _ : . - or /";
  }
  return std::nullopt;
}

std::string_view label_key_fault(std::string_view key) noexcept {
  const auto allowed = [](char c) { return is_first(c) || base::is_digit(c) || c == '.' || c == '-'; };
  if (key.empty() || key.size() > kMaxNameBytes || !is_first(key.front()) ||
      !std::all_of(key.begin(), key.end(), allowed)) {
    return "is not valid: start with a letter or _, go on with letters, digits or _";
  }
  // After rendering: `_.a` becomes `__a`.
  const auto is_underscore = [](char c) { return c == '_' || c == '.' || c == '-'; };
  if (key.size() > 1 && is_underscore(key[0]) && is_underscore(key[1]))
    return "starts with __, which Prometheus reserves";
  if (key == kBoundLabel || key == kQuantileLabel)
    return "is used by histograms and summaries; choose another";
  return {};
}

std::optional<std::string> label_key_error(std::string_view key) {
  const std::string_view fault = label_key_fault(key);
  if (fault.empty()) return std::nullopt;
  return "label key " + quoted(key) + " " + std::string(fault);
}

std::optional<std::string> unit_error(std::string_view unit) {
  const auto allowed = [](char c) { return base::is_lower(c) || base::is_digit(c) || c == '_'; };
  if (std::all_of(unit.begin(), unit.end(), allowed)) return std::nullopt;
  return "unit " + quoted(unit) +
         " is not valid: use a base unit's plural in lower case, such as seconds or bytes";
}

Descriptor make_descriptor(Kind kind, std::string_view name, std::string_view help, std::string_view unit) {
  std::string family = mapped(name);
  if (kind == Kind::counter && has_suffix_word(family, "total")) family.resize(family.size() - 6);
  if (!unit.empty() && family != unit && !has_suffix_word(family, unit)) family.append("_").append(unit);
  return {kind, std::string(name), std::string(help), std::string(unit), std::move(family)};
}

std::vector<std::string> sample_names(const Descriptor& descriptor) {
  std::vector<std::string> names = {descriptor.family_name};
  const auto add = [&](std::string_view suffix) { names.push_back(sample_name(descriptor, suffix)); };
  if (descriptor.kind == Kind::counter) add(kTotalSuffix);
  if (descriptor.kind == Kind::histogram) add(kBucketSuffix);
  if (descriptor.kind == Kind::histogram || descriptor.kind == Kind::window) {
    add(kSumSuffix);
    add(kCountSuffix);
  }
  if (names.size() > 1) add(kCreatedSuffix);
  return names;
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace kymo::KYMO_ABI
