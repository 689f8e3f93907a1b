#include "live_messages.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <boost/json.hpp>

namespace kymo::KYMO_ABI::terminal {
namespace {

namespace json = boost::json;

/// A number of the protocol: JSON has no NaN and no infinity.
double number_of(const json::value* value) {
  if (value == nullptr) return kUnknown;
  if (value->is_number()) return value->to_number<double>();
  if (value->is_string() && value->get_string() == "inf") return std::numeric_limits<double>::infinity();
  if (value->is_string() && value->get_string() == "-inf") return -std::numeric_limits<double>::infinity();
  return kUnknown;
}

double number_in(const json::object& object, std::string_view key) {
  return number_of(object.if_contains(key));
}

std::string_view text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

const json::array& list_in(const json::object& object, std::string_view key) {
  static const json::array none;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

std::optional<std::uint64_t> whole(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
  return std::nullopt;
}

std::uint32_t id_of(const json::value* value) {
  const auto number = whole(value);
  if (!number || *number > std::numeric_limits<std::uint32_t>::max()) {
    throw ProtocolError("an id that is no number from 0 to 4294967295");
  }
  return static_cast<std::uint32_t>(*number);
}

const json::object& object_of(const json::value& value) {
  if (!value.is_object()) throw ProtocolError("a list of something else than objects");
  return value.get_object();
}

Kind kind_of(std::string_view name) {
  if (name == "counter") return Kind::counter;
  if (name == "up_down_counter") return Kind::up_down_counter;
  if (name == "histogram") return Kind::histogram;
  if (name == "window") return Kind::window;
  return Kind::gauge;
}

std::optional<std::pair<std::int32_t, double>> bucket_of(const json::value& value) {
  if (!value.is_array() || value.get_array().size() != 2) return std::nullopt;
  const json::value& index = value.get_array()[0];
  if (!index.is_int64() || std::abs(index.get_int64()) >= -static_cast<std::int64_t>(kZeroBucket))
    return std::nullopt;
  return std::pair(static_cast<std::int32_t>(index.get_int64()), number_of(&value.get_array()[1]));
}

HistogramReading histogram_of(const json::object& object) {
  HistogramReading reading{number_in(object, "count"),
                           number_in(object, "sum"),
                           number_in(object, "min"),
                           number_in(object, "max"),
                           {}};
  for (const json::value& entry : list_in(object, "buckets")) {
    if (const auto bucket = bucket_of(entry)) reading.buckets.insert(*bucket);
  }
  for (const json::value& entry : list_in(object, "negative")) {
    if (const auto bucket = bucket_of(entry))
      reading.buckets.emplace(negative_bucket(bucket->first), bucket->second);
  }
  if (const double zeros = number_in(object, "zero"); zeros > 0) reading.buckets[kZeroBucket] = zeros;
  return reading;
}

Reading reading_of(const json::value& value) {
  if (!value.is_object()) return number_of(&value);
  const json::object& object = value.get_object();
  if (object.if_contains("buckets") != nullptr) return histogram_of(object);
  return WindowReading{number_in(object, "count"), number_in(object, "mean"), number_in(object, "p50"),
                       number_in(object, "p95"), number_in(object, "p99")};
}

LabelList labels_of(const json::object& series) {
  LabelList labels;
  const json::value* value = series.if_contains("labels");
  if (value == nullptr || !value->is_object()) return labels;
  for (const auto& label : value->get_object()) {
    if (label.value().is_string()) labels.emplace_back(label.key(), label.value().get_string());
  }
  return labels;
}

void adopt_family(const json::object& family, SeriesStore& store) {
  store.adopt_family(id_of(family.if_contains("id")), text_in(family, "name"),
                     kind_of(text_in(family, "kind")), text_in(family, "unit"));
}

void set_values(const json::array& values, SeriesStore& store, const std::vector<std::uint32_t>& begun = {}) {
  for (const json::value& entry : values) {
    if (!entry.is_array() || entry.get_array().size() != 2) throw ProtocolError("a value that is no pair");
    const std::uint32_t id = id_of(&entry.get_array()[0]);
    const bool is_new = std::binary_search(begun.begin(), begun.end(), id);
    store.set(id, reading_of(entry.get_array()[1]), is_new);
  }
}

void begin(const json::object& message, SeriesStore& store) {
  const double time = number_in(message, "time");
  store.follow_clock(time, number_in(message, "uptime_seconds"));
  store.begin(whole(message.if_contains("seq")), time);
}

void take_full(const json::object& message, SeriesStore& store) {
  store.forget_ids();
  for (const json::value& entry : list_in(message, "families")) {
    const json::object& family = object_of(entry);
    adopt_family(family, store);
    const std::uint32_t family_id = id_of(family.if_contains("id"));
    for (const json::value& item : list_in(family, "series")) {
      const json::object& series = object_of(item);
      store.adopt_series(id_of(series.if_contains("id")), family_id, labels_of(series));
    }
  }
  store.end_unnamed();
  for (const json::value& entry : list_in(message, "replay")) {
    const json::object& frame = object_of(entry);
    if (!store.begin(whole(frame.if_contains("seq")), number_in(frame, "time"))) continue;
    set_values(list_in(frame, "values"), store);
  }
  begin(message, store);
  for (const json::value& entry : list_in(message, "families")) {
    for (const json::value& item : list_in(object_of(entry), "series")) {
      const json::object& series = object_of(item);
      const json::value* value = series.if_contains("v");
      if (value != nullptr) store.set(id_of(series.if_contains("id")), reading_of(*value), false);
    }
  }
  store.set_uptime(number_in(message, "uptime_seconds"));
}

void take_delta(const json::object& message, SeriesStore& store) {
  begin(message, store);
  for (const json::value& entry : list_in(message, "families")) adopt_family(object_of(entry), store);
  std::vector<std::uint32_t> begun;
  for (const json::value& entry : list_in(message, "series")) {
    const json::object& series = object_of(entry);
    const std::uint32_t id = id_of(series.if_contains("id"));
    if (store.adopt_series(id, id_of(series.if_contains("family")), labels_of(series))) begun.push_back(id);
  }
  std::sort(begun.begin(), begun.end());
  set_values(list_in(message, "values"), store, begun);
  for (const json::value& id : list_in(message, "gone")) store.end_series(id_of(&id));
  store.set_uptime(number_in(message, "uptime_seconds"));
}

void take_hello(const json::object& message, SeriesStore& store) {
  if (number_in(message, "protocol") != 1) {
    throw ProtocolError("a protocol that this program does not know; use the kymo of the server's version");
  }
  const double tick = number_in(message, "tick_seconds");
  store.hello(text_in(message, "instance"), text_in(message, "server"), tick > 0 ? tick : 1,
              number_in(message, "time"));
}

}  // namespace

TakenMessage take_message(std::string_view text, SeriesStore& store) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) throw ProtocolError("a message that is no JSON object");
  const json::object& message = parsed.get_object();
  const std::string_view type = text_in(message, "type");
  if (type == "hello") {
    take_hello(message, store);
    return {MessageKind::hello, {}};
  }
  if (type == "full") {
    take_full(message, store);
    return {MessageKind::full, {}};
  }
  if (type == "delta") {
    take_delta(message, store);
    return {MessageKind::delta, {}};
  }
  if (type == "error") return {MessageKind::complaint, std::string(text_in(message, "error"))};
  return {};
}

std::string subscribe_message(int rate_hz, std::optional<std::uint64_t> since) {
  std::string text = "{\"type\":\"subscribe\",\"rate_hz\":" + std::to_string(rate_hz);
  if (since) text += ",\"since\":" + std::to_string(*since);
  return text + "}";
}

}  // namespace kymo::KYMO_ABI::terminal
