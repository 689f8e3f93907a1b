#include "session_line.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <kymo/base/json_value.h>
#include <kymo/base/json_writer.h>
#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::peers {
namespace {

using base::JsonValue;
using std::chrono::milliseconds;
using std::chrono::system_clock;

// A session's end must be before 2262, where system_clock's nanoseconds end.
constexpr double kYearMs = 365.0 * 86'400'000;
constexpr double kLatestStartMs = 240 * kYearMs;
constexpr double kLongestMs = 50 * kYearMs;
constexpr double kMostCount = 1e15;  // just below the point where a double skips whole numbers

// Clamp figures to the limits: a refused line would lose the session.
std::int64_t within(std::int64_t ms, double most) {
  return std::clamp<std::int64_t>(ms, 0, static_cast<std::int64_t>(most));
}
std::int64_t to_ms(system_clock::time_point time, double latest) {
  return within(std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count(), latest);
}
std::optional<double> within(const std::optional<double>& ms, double most) {
  return ms && !std::isnan(*ms) ? std::optional(std::clamp(*ms, 0.0, most)) : std::nullopt;
}

/// The fields of a line's object, and the first fault.
class Fields final {
 public:
  explicit Fields(const JsonValue::Object& object) : object_(object) {}

  [[nodiscard]] const std::string& error() const noexcept { return error_; }

  std::string text(std::string_view name) {
    const auto* const held = base::find_as<std::string>(object_, name);
    if (held == nullptr) return wrong<std::string>(name, "a text");
    return *held;
  }
  bool yes_or_no(std::string_view name) {
    const auto* const held = base::find_as<bool>(object_, name);
    return held == nullptr ? wrong<bool>(name, "true or false") : *held;
  }
  /// Reads a number from 0 to `most`.
  double number(std::string_view name, double most) {
    const auto* const held = base::find_as<double>(object_, name);
    if (held == nullptr || !(*held >= 0 && *held <= most)) return wrong<double>(name, "a number from 0 on");
    return *held;
  }
  std::optional<double> number_or_null(std::string_view name, double most) {
    if (base::find_as<std::nullptr_t>(object_, name) != nullptr) return std::nullopt;
    return number(name, most);
  }
  std::vector<std::string> texts(std::string_view name) {
    const auto* const held = base::find_as<JsonValue::Array>(object_, name);
    if (held == nullptr) return wrong<std::vector<std::string>>(name, "a list of texts");
    std::vector<std::string> all;
    for (const JsonValue& value : *held) {
      const auto* const one = std::get_if<std::string>(&value.held);
      if (one == nullptr) return wrong<std::vector<std::string>>(name, "a list of texts");
      all.push_back(*one);
    }
    return all;
  }
  const JsonValue::Object& object(std::string_view name) {
    static const JsonValue::Object kNothing;
    const auto* const held = base::find_as<JsonValue::Object>(object_, name);
    if (held != nullptr) return *held;
    (void)wrong<bool>(name, "an object");
    return kNothing;
  }

 private:
  template <class T>
  T wrong(std::string_view name, std::string_view expected) {
    if (error_.empty()) error_ = std::string(name) + ": expected " + std::string(expected);
    return T();
  }

  const JsonValue::Object& object_;
  std::string error_;
};

system_clock::time_point to_time(double ms) {
  return system_clock::time_point(milliseconds(std::llround(ms)));
}

Session session_of(Fields& fields) {
  Session session{.id = fields.text("session_id"), .kind = fields.text("kind"), .name = fields.text("name")};
  session.start = to_time(fields.number("start_ms", kLatestStartMs));
  if (const auto end = fields.number_or_null("end_ms", kLatestStartMs + kLongestMs))
    session.end = to_time(*end);
  session.duration = milliseconds(std::llround(fields.number("duration_ms", kLongestMs)));
  session.interrupted = fields.yes_or_no("interrupted");
  session.peers = fields.texts("peers");
  return session;
}

SessionLatency latency_of(Fields& fields) {
  SessionLatency latency;
  latency.count = static_cast<std::size_t>(fields.number("count", kMostCount));
  latency.min_ms = fields.number_or_null("min", kLongestMs);
  latency.avg_ms = fields.number_or_null("avg", kLongestMs);
  latency.max_ms = fields.number_or_null("max", kLongestMs);
  return latency;
}

}  // namespace

void append_session_line(const Session& session, std::string& out) {
  base::JsonWriter json(out);
  json.begin_object();
  json.field("session_id", std::string_view(session.id));
  json.field("kind", std::string_view(session.kind));
  json.field("name", std::string_view(session.name));
  json.field("start_ms", to_ms(session.start, kLatestStartMs));
  json.key("end_ms");
  session.end ? json.value(to_ms(*session.end, kLatestStartMs + kLongestMs)) : json.null();
  json.field("duration_ms", within(session.duration.count(), kLongestMs));
  json.field("interrupted", session.interrupted);
  json.begin_array("peers");
  for (const std::string& peer : session.peers) json.value(std::string_view(peer));
  json.end_array();
  json.begin_object("latency_ms");
  json.field("count", std::min<std::uint64_t>(session.latency.count, static_cast<std::uint64_t>(kMostCount)));
  json.field("min", within(session.latency.min_ms, kLongestMs));
  json.field("avg", within(session.latency.avg_ms, kLongestMs));
  json.field("max", within(session.latency.max_ms, kLongestMs));
  json.end_object();
  json.end_object();
  out += '\n';
}

std::variant<Session, SessionLineError> read_session_line(std::string_view line) {
  if (!base::is_utf8(line)) return SessionLineError{"it is no UTF-8"};
  const auto json = base::read_json(line);
  if (const auto* const error = std::get_if<base::JsonError>(&json)) return SessionLineError{error->message};
  const auto* const object = std::get_if<JsonValue::Object>(&std::get<JsonValue>(json).held);
  if (object == nullptr) return SessionLineError{"expected an object"};
  Fields fields(*object);
  Session session = session_of(fields);
  const JsonValue::Object& latency = fields.object("latency_ms");
  if (!fields.error().empty()) return SessionLineError{fields.error()};
  Fields latency_fields(latency);
  session.latency = latency_of(latency_fields);
  if (!latency_fields.error().empty()) return SessionLineError{"latency_ms." + latency_fields.error()};
  return session;
}

}  // namespace kymo::KYMO_ABI::peers
