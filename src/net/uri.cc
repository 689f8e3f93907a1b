#include <kymo/net/uri.h>

#include <algorithm>

namespace kymo::KYMO_ABI::net {
namespace {

std::optional<unsigned> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
  return std::nullopt;
}

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// Appends one `name=value`; false for a broken escape.
bool append_pair(std::string_view text, QueryPairs& out) {
  const std::size_t equals = text.find('=');
  auto name = percent_decode(text.substr(0, equals), Plus::space);
  auto value = equals == std::string_view::npos ? std::optional<std::string>(std::in_place)
                                                : percent_decode(text.substr(equals + 1), Plus::space);
  if (!name || !value) return false;
  out.emplace_back(std::move(*name), std::move(*value));
  return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      out.push_back(static_cast<char>(static_cast<unsigned char>(*high * 16U + *low)));
      i += 2;
    }
  }
  return out;
}

std::optional<QueryPairs> parse_query(std::string_view text) {
  QueryPairs pairs;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    if (end > 0 && !append_pair(text.substr(0, end), pairs)) return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pairs;
}

std::optional<Target> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return std::nullopt;
  const std::size_t mark = std::min(target.find('?'), target.size());
  auto path = percent_decode(target.substr(0, mark));
  if (!path || std::any_of(path->begin(), path->end(), is_control)) return std::nullopt;
  auto query = parse_query(target.substr(std::min(mark + 1, target.size())));
  if (!query) return std::nullopt;
  return Target{std::move(*path), std::move(*query)};
}

}  // namespace kymo::KYMO_ABI::net
