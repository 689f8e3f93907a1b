#include "client_message.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <kymo/base/json_value.h>
#include <kymo/base/json_writer.h>
#include <kymo/base/utf8.h>
#include <kymo/format/live_json.h>

namespace kymo::KYMO_ABI::live {
namespace {

bool covers(std::string_view pattern, std::string_view name) noexcept {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

using base::JsonValue;

constexpr std::size_t kMostNames = 256;
constexpr std::size_t kMostLabels = 32;
constexpr double kMostHertz = 10;
constexpr double kLargestExact = 9007199254740992;  // 2^53: above it, a double skips whole numbers
constexpr std::size_t kLongestQuoted = 80;
constexpr std::size_t kLongestId = 64;

using Problem = std::optional<MessageError>;

std::string quoted(std::string_view text) {
  const std::string_view shown = base::cut_utf8(text, kLongestQuoted);
  return "\"" + std::string(shown) + (shown.size() < text.size() ? "…\"" : "\"");
}

MessageError wrong(std::string_view place, std::string_view expected) {
  return {std::string(place) + ": expected " + std::string(expected)};
}

Problem read_names(const JsonValue& value, Subscription& subscription) {
  const auto* const names = std::get_if<JsonValue::Array>(&value.held);
  if (names == nullptr) return wrong("names", "a list of names, such as [\"voice.*\"]");
  if (names->size() > kMostNames) return wrong("names", "at most 256; use one with a * at the end");
  for (std::size_t i = 0; i < names->size(); ++i) {
    const auto* const name = std::get_if<std::string>(&(*names)[i].held);
    const std::string place = "names[" + std::to_string(i) + "]";
    if (name == nullptr || name->empty()) return wrong(place, "a name, such as \"voice.*\"");
    if (name->find('*') < name->size() - 1)
      return wrong(place, "a * at the end only, not in " + quoted(*name));
    subscription.names.push_back(*name);
  }
  return std::nullopt;
}

Problem read_match(const JsonValue& value, Subscription& subscription) {
  const auto* const labels = std::get_if<JsonValue::Object>(&value.held);
  if (labels == nullptr) return wrong("match", "an object of labels, such as {\"source\":\"mic\"}");
  if (labels->size() > kMostLabels) return wrong("match", "at most 32 labels");
  for (const auto& [key, held] : *labels) {
    const auto* const text = std::get_if<std::string>(&held.held);
    if (text == nullptr) return wrong("match." + quoted(key), "a text");
    subscription.match.emplace_back(key, *text);
  }
  return std::nullopt;
}

Problem read_rate(const JsonValue& value, Subscription& subscription) {
  const auto* const rate = std::get_if<double>(&value.held);
  if (rate == nullptr || !(*rate >= 1 && *rate <= kMostHertz) || std::floor(*rate) != *rate) {
    return wrong("rate_hz", "a whole number from 1 to 10");
  }
  subscription.rate_hz = static_cast<int>(*rate);
  return std::nullopt;
}

Problem read_since(const JsonValue& value, std::optional<std::uint64_t>& since) {
  if (std::holds_alternative<std::nullptr_t>(value.held)) return std::nullopt;
  const auto* const seq = std::get_if<double>(&value.held);
  if (seq == nullptr || !(*seq >= 0 && *seq <= kLargestExact) || std::floor(*seq) != *seq) {
    return wrong("since", "the seq of a frame, a whole number");
  }
  since = static_cast<std::uint64_t>(*seq);
  return std::nullopt;
}

ClientMessage read_subscribe(const JsonValue::Object& fields) {
  SubscribeMessage message;
  for (const auto& [name, value] : fields) {
    Problem problem;
    if (name == "names") {
      problem = read_names(value, message.subscription);
    } else if (name == "match") {
      problem = read_match(value, message.subscription);
    } else if (name == "rate_hz") {
      problem = read_rate(value, message.subscription);
    } else if (name == "since") {
      problem = read_since(value, message.since);
    } else if (name != "type") {
      problem = wrong(quoted(name), "names, match, rate_hz or since");
    }
    if (problem) return *problem;
  }
  message.subscription.normalize();
  return message;
}

ClientMessage read_ping(const JsonValue::Object& fields) {
  PingMessage ping;
  for (const auto& [name, value] : fields) {
    if (name == "type") continue;
    if (name != "id") return wrong(quoted(name), "only an id in a ping");
    ping.id.clear();
    if (const auto* const number = std::get_if<double>(&value.held)) {
      Point point;
      point.number = *number;
      format::append_live_value(point, ping.id);
    } else if (const auto* const text = std::get_if<std::string>(&value.held);
               text != nullptr && text->size() <= kLongestId) {
      base::JsonWriter(ping.id).value(std::string_view(*text));
    } else {
      return wrong("id", "a number or a text of up to 64 bytes");
    }
  }
  return ping;
}

ClientMessage read_unsubscribe(const JsonValue::Object& fields) {
  if (fields.size() > 1) return wrong("unsubscribe", "no field but type");
  return UnsubscribeMessage{};
}

struct MessageKind {
  std::string_view type;
  ClientMessage (*read)(const JsonValue::Object&);
};
constexpr std::array kKinds = {MessageKind{"subscribe", read_subscribe},
                               MessageKind{"unsubscribe", read_unsubscribe}, MessageKind{"ping", read_ping}};

}  // namespace

void Subscription::normalize() {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const bool all = std::find(names.begin(), names.end(), "*") != names.end();
  if (all) names.clear();
  std::sort(match.begin(), match.end());
}

bool Subscription::wants_family(std::string_view name) const noexcept {
  return names.empty() ||
         std::any_of(names.begin(), names.end(), [&](const auto& pattern) { return covers(pattern, name); });
}

bool Subscription::wants_series(LabelsView labels) const {
  return std::all_of(match.begin(), match.end(), [&](const auto& label) {
    // A plain search in the text rejects most labels, without extracting values.
    return labels.text().find(label.first) != std::string_view::npos &&
           labels.find(label.first) == label.second;
  });
}

ClientMessage read_client_message(std::string_view text) {
  const auto json = base::read_json(text);
  if (const auto* const error = std::get_if<base::JsonError>(&json))
    return MessageError{"not JSON: " + error->message};
  const auto* const fields = std::get_if<JsonValue::Object>(&std::get<JsonValue>(json).held);
  if (fields == nullptr) return wrong("the message", "an object, such as {\"type\":\"subscribe\"}");
  const auto* const type = base::find_as<std::string>(*fields, "type");
  for (const MessageKind& kind : kKinds) {
    if (type != nullptr && *type == kind.type) return kind.read(*fields);
  }
  return wrong("type", "\"subscribe\", \"unsubscribe\" or \"ping\"");
}

std::string reason_for_slow(std::chrono::milliseconds patience) {
  const auto ms = patience.count();
  const std::string time = ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
  return "too slow: this client needs more than " + time + " to receive a message";
}

std::string pong_text(const PingMessage& ping, std::chrono::system_clock::time_point now) {
  std::string time;
  format::append_live_time(now, time);
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  json.field("type", "pong");
  if (!ping.id.empty()) {
    json.key("id");
    json.raw(ping.id);
  }
  json.key("time");
  json.raw(time);
  json.end_object();
  return text;
}

std::string error_text(std::string_view what) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  json.field("type", "error");
  json.field("error", what);
  json.end_object();
  return text;
}

}  // namespace kymo::KYMO_ABI::live
