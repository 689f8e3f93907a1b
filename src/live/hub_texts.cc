#include "hub_texts.h"

#include <kymo/format/live_json.h>

namespace kymo::KYMO_ABI::live {

std::string reason_for_slow(std::chrono::milliseconds patience) {
  const auto ms = patience.count();
  const std::string time = ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
  return "too slow: this client needs more than " + time + " to receive a message";
}

std::string pong_text(const PingMessage& ping, std::chrono::system_clock::time_point now) {
  std::string text = "{\"type\":\"pong\",";
  if (!ping.id.empty()) text += "\"id\":" + ping.id + ",";
  text += "\"time\":";
  format::append_live_time(now, text);
  return text += '}';
}

std::string error_text(std::string_view what) {
  std::string text = "{\"type\":\"error\",\"error\":";
  format::append_live_text(what, text);
  return text += '}';
}

}  // namespace kymo::KYMO_ABI::live
