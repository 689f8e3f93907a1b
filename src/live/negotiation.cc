#include "negotiation.h"

#include <algorithm>
#include <optional>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::live {
namespace {

/// Weights are thousandths: RFC 9110 12.4.2 allows three digits.
constexpr int kFullWeight = 1000;

/// Takes the text up to the next `separator` outside of quoted strings.
std::string_view take_until(char separator, std::string_view& rest) noexcept {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (quoted && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      quoted = !quoted;
    } else if (rest[i] == separator && !quoted) {
      break;
    }
  }
  const std::string_view taken = rest.substr(0, i);
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return base::trim(taken);
}

struct Parameter {
  std::string_view name;
  std::string_view value;
};

Parameter take_parameter(std::string_view& rest) noexcept {
  std::string_view text = take_until(';', rest);
  const std::string_view name = take_until('=', text);
  std::string_view value = base::trim(text);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return {name, value};
}

/// Parses `0`, `0.25`, `1.000`; nothing for any other text.
std::optional<int> parse_weight(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = text[0] == '1' ? kFullWeight : 0;
  int digit_worth = kFullWeight / 10;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * digit_worth;
    digit_worth /= 10;
  }
  return weight <= kFullWeight ? std::optional<int>(weight) : std::nullopt;
}

std::string_view parameter_of(MediaType offer, std::string_view name) noexcept {
  (void)take_until(';', offer);
  while (!offer.empty()) {
    const Parameter parameter = take_parameter(offer);
    if (base::equals_ignoring_case(parameter.name, name)) return parameter.value;
  }
  return {};
}

/// How well a range matches an offer.
struct Fit {
  int exactness = -1;  ///< -1: not at all; 0: */*; 1: type/*; 2: type/subtype; more with each parameter
  int weight = kFullWeight;
};

int exactness_of_type(std::string_view range, MediaType offer) noexcept {
  const std::string_view type = take_until(';', offer);
  if (base::equals_ignoring_case(range, type)) return 2;
  if (range == "*/*" || range == "*") return 0;
  const bool is_any_subtype = range.size() > 2 && range.ends_with("/*");
  return is_any_subtype && base::equals_ignoring_case(range.substr(0, range.size() - 1),
                                                      type.substr(0, range.size() - 1))
             ? 1
             : -1;
}

Fit fit(std::string_view range, MediaType offer) {
  Fit result;
  result.exactness = exactness_of_type(take_until(';', range), offer);
  while (!range.empty() && result.exactness >= 0) {
    const Parameter parameter = take_parameter(range);
    if (base::equals_ignoring_case(parameter.name, "q")) {
      const auto weight = parse_weight(parameter.value);
      if (!weight) return {};
      result.weight = *weight;
    } else if (base::equals_ignoring_case(parameter.name, "version") ||
               base::equals_ignoring_case(parameter.name, "charset")) {
      if (!base::equals_ignoring_case(parameter.value, parameter_of(offer, parameter.name))) return {};
      ++result.exactness;
    }
  }
  return result;
}

/// The most exact range of the header for an offer.
Fit best_fit(std::string_view accept, MediaType offer) {
  Fit best;
  while (!accept.empty()) {
    const Fit candidate = fit(take_until(',', accept), offer);
    if (candidate.exactness > best.exactness) best = candidate;
  }
  if (best.exactness < 0) best.weight = 0;
  return best;
}

}  // namespace

std::size_t choose_offer(std::string_view accept, std::span<const MediaType> offers) {
  std::size_t chosen = 0;
  Fit best{-1, 0};
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Fit candidate = best_fit(accept, offers[i]);
    if (candidate.weight == 0) continue;
    const bool is_better = candidate.weight != best.weight ? candidate.weight > best.weight
                                                           : candidate.exactness > best.exactness;
    if (!is_better) continue;
    best = candidate;
    chosen = i;
  }
  return chosen;
}

bool prefers_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> others;
  int identity = 0;
  while (!accept_encoding.empty()) {
    std::string_view element = take_until(',', accept_encoding);
    const std::string_view coding = take_until(';', element);
    std::optional<int> weight = kFullWeight;
    while (!element.empty()) {
      const Parameter parameter = take_parameter(element);
      if (base::equals_ignoring_case(parameter.name, "q")) weight = parse_weight(parameter.value);
    }
    if (!weight) continue;
    if (base::equals_ignoring_case(coding, "gzip") || base::equals_ignoring_case(coding, "x-gzip"))
      gzip = std::max(gzip.value_or(0), *weight);
    if (coding == "*") others = *weight;
    if (base::equals_ignoring_case(coding, "identity")) identity = *weight;
  }
  const int wanted = gzip ? *gzip : others.value_or(0);
  return wanted > 0 && wanted >= identity;
}

}  // namespace kymo::KYMO_ABI::live
