// Feeds any bytes of a live client to the reader. The reader does not crash, reads the same JSON as a whole
// parser, and keeps its limits.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include <boost/json.hpp>

#include <kymo/base/json_value.h>

#include "live/client_message.h"

namespace {

using namespace kymo::live;
using kymo::base::JsonValue;
using kymo::base::read_json;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_equal(const JsonValue& ours, const boost::json::value& theirs);

bool is_equal(const JsonValue::Object& ours, const boost::json::object& theirs) {
  if (ours.size() != theirs.size()) return false;
  for (const auto& [name, value] : ours) {
    const auto* const found = theirs.if_contains(name);
    if (found == nullptr || !is_equal(value, *found)) return false;
  }
  return true;
}

bool is_equal(const JsonValue::Array& ours, const boost::json::array& theirs) {
  if (ours.size() != theirs.size()) return false;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (!is_equal(ours[i], theirs[i])) return false;
  }
  return true;
}

bool is_close(double ours, double theirs) {
  if (std::isnan(theirs)) return ours == 0;  // Boost multiplies: 0e999 is 0 times infinity
  // Boost's numbers may be off by the last bits.
  const double difference = ours > theirs ? ours - theirs : theirs - ours;
  const double size = ours > 0 ? ours : -ours;
  return difference <= size * 1e-14;
}

bool is_equal(const JsonValue& ours, const boost::json::value& theirs) {
  if (const auto* object = std::get_if<JsonValue::Object>(&ours.held)) {
    return theirs.is_object() && is_equal(*object, theirs.get_object());
  }
  if (const auto* array = std::get_if<JsonValue::Array>(&ours.held)) {
    return theirs.is_array() && is_equal(*array, theirs.get_array());
  }
  if (const auto* text = std::get_if<std::string>(&ours.held)) {
    return theirs.is_string() && theirs.get_string() == *text;
  }
  if (const auto* number = std::get_if<double>(&ours.held)) {
    return theirs.is_number() && is_close(*number, theirs.to_number<double>());
  }
  if (const auto* yes = std::get_if<bool>(&ours.held)) return theirs.is_bool() && theirs.get_bool() == *yes;
  return theirs.is_null();
}

void check_json(std::string_view text) {
  const auto ours = read_json(text);
  const auto* const value = std::get_if<JsonValue>(&ours);
  if (value == nullptr) return;
  boost::system::error_code error;
  const auto theirs = boost::json::parse({text.data(), text.size()}, error);
  // A server hands on no text that is not UTF-8, so this reader does not look for that, but Boost's does.
  const bool is_ascii =
      std::none_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) < 0; });
  if (error && !is_ascii) return;
  if (error == boost::json::error::exponent_overflow) return;  // of 0, too, which is 0 whatever its exponent
  require(!error && is_equal(*value, theirs));
}

void check_message(std::string_view text) {
  const ClientMessage message = read_client_message(text);
  if (const auto* subscribe = std::get_if<SubscribeMessage>(&message)) {
    const Subscription& subscription = subscribe->subscription;
    require(subscription.rate_hz >= 1 && subscription.rate_hz <= 10);
    require(subscription.names.size() <= 256 && subscription.match.size() <= 32);
    Subscription again = subscription;
    again.normalize();
    require(again == subscription);
    for (const std::string& name : subscription.names) {
      require(subscription.wants_family(name.substr(0, name.size() - (name.ends_with('*') ? 1 : 0))));
    }
  } else if (const auto* ping = std::get_if<PingMessage>(&message)) {
    require(ping->id.empty() || boost::json::parse(ping->id).is_primitive());
  } else if (const auto* wrong = std::get_if<MessageError>(&message)) {
    require(!wrong->message.empty() && wrong->message.size() < 1024);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_json(text);
  check_message(text);
  return 0;
}
