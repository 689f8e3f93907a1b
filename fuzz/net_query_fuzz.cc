// Feeds any bytes to the readers of targets and of the headers that choose a format. The readers neither
// crash nor contradict themselves.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include <kymo/base/json_writer.h>
#include <kymo/net/http_server.h>
#include <kymo/net/uri.h>

#include "live/negotiation.h"
#include "live/similar_paths.h"

namespace {

namespace net = kymo::net;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return out;
}

void check_decoding(std::string_view text) {
  require(net::percent_decode(encode(text)) == text);
  const auto decoded = net::percent_decode(text);
  if (decoded) require(decoded->size() <= text.size());
}

/// What is read must be read again from its plainest spelling.
void check_query(std::string_view text) {
  const auto pairs = net::parse_query(text);
  if (!pairs) return;
  std::string again;
  for (const auto& [name, value] : *pairs) again += encode(name) + "=" + encode(value) + "&";
  require(net::parse_query(again) == *pairs);
}

void check_target(std::string_view text) {
  const auto target = net::parse_target(text);
  if (!target) return;
  require(target->path.starts_with('/'));
  require(std::none_of(target->path.begin(), target->path.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
}

void check_endpoint(std::string_view text) {
  try {
    const net::Endpoint endpoint = net::Endpoint::parse(text);
    require(net::Endpoint::parse(endpoint.to_string()) == endpoint);
  } catch (const std::invalid_argument&) {
    return;
  }
}

void check_negotiation(std::string_view text) {
  constexpr std::array<kymo::live::MediaType, 2> kOffers = {"text/plain; version=0.0.4; charset=utf-8",
                                                            "application/openmetrics-text; version=1.0.0"};
  require(kymo::live::choose_offer(text, kOffers) < kOffers.size());
  (void)kymo::live::prefers_gzip(text);
  require(kymo::live::similar_paths(text, {"/metrics", "/api/metrics"}).size() <= 2);
}

void check_json(std::string_view text) {
  std::string json;
  kymo::base::JsonWriter(json).value(text);
  require(json.size() >= 2 && json.front() == '"' && json.back() == '"');
  require(
      std::none_of(json.begin(), json.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_decoding(text);
  check_query(text);
  check_target(text);
  check_endpoint(text);
  check_negotiation(text);
  check_json(text);
  return 0;
}
