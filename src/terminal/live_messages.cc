#include "live_messages.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include <kymo/base/json_writer.h>

#include "json_fields.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

using Object = JsonValue::Object;
using Array = JsonValue::Array;

/// The whole numbers that a double holds exactly.
std::optional<double> whole(const JsonValue* value) {
  constexpr double kLargestExact = 9007199254740992;
  const auto* number = value == nullptr ? nullptr : std::get_if<double>(&value->held);
  if (number == nullptr || std::floor(*number) != *number || std::abs(*number) > kLargestExact)
    return std::nullopt;
  return *number;
}

std::optional<std::uint64_t> seq_in(const Object& object) {
  const auto number = whole(base::find(object, "seq"));
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::uint32_t id_of(const JsonValue* value) {
  const auto number = whole(value);
  if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
    throw ProtocolError("an id that is no number from 0 to 4294967295");
  }
  return static_cast<std::uint32_t>(*number);
}

std::uint32_t id_in(const Object& object, std::string_view key = "id") {
  return id_of(base::find(object, key));
}

const Object& object_of(const JsonValue& value) {
  const auto* object = std::get_if<Object>(&value.held);
  if (object == nullptr) throw ProtocolError("a list of something else than objects");
  return *object;
}

std::string_view text_in(const Object& object, std::string_view key) {
  const auto* text = base::find_as<std::string>(object, key);
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

/// The two parts of a pair; null for any other value.
const Array* pair_of(const JsonValue& value) {
  const auto* pair = std::get_if<Array>(&value.held);
  return pair != nullptr && pair->size() == 2 ? pair : nullptr;
}

Kind kind_of(std::string_view name) {
  if (name == "counter") return Kind::counter;
  if (name == "up_down_counter") return Kind::up_down_counter;
  if (name == "histogram") return Kind::histogram;
  if (name == "window") return Kind::window;
  return Kind::gauge;
}

std::optional<std::pair<std::int32_t, double>> bucket_of(const JsonValue& value) {
  const Array* pair = pair_of(value);
  const auto index = pair == nullptr ? std::nullopt : whole(pair->data());
  if (!index || std::abs(*index) >= -static_cast<double>(kZeroBucket)) return std::nullopt;
  return std::pair(static_cast<std::int32_t>(*index), number_of((*pair)[1]));
}

HistogramReading histogram_of(const Object& object) {
  HistogramReading reading{number_field(object, "count"),
                           number_field(object, "sum"),
                           number_field(object, "min"),
                           number_field(object, "max"),
                           {}};
  for (const JsonValue& entry : list_field(object, "buckets")) {
    if (const auto bucket = bucket_of(entry)) reading.buckets.insert(*bucket);
  }
  for (const JsonValue& entry : list_field(object, "negative")) {
    if (const auto bucket = bucket_of(entry))
      reading.buckets.emplace(negative_bucket(bucket->first), bucket->second);
  }
  if (const double zeros = number_field(object, "zero"); zeros > 0) reading.buckets[kZeroBucket] = zeros;
  return reading;
}

Reading reading_of(const JsonValue& value) {
  const auto* object = std::get_if<Object>(&value.held);
  if (object == nullptr) return number_of(value);
  if (base::find(*object, "buckets") != nullptr) return histogram_of(*object);
  return WindowReading{number_field(*object, "count"), number_field(*object, "mean"),
                       number_field(*object, "p50"), number_field(*object, "p95"),
                       number_field(*object, "p99")};
}

LabelList labels_of(const Object& series) {
  LabelList labels;
  for (const auto& [key, value] : object_field(series, "labels")) {
    if (const auto* text = std::get_if<std::string>(&value.held)) labels.emplace_back(key, *text);
  }
  return labels;
}

void adopt_family(const Object& family, SeriesStore& store) {
  store.adopt_family(id_in(family), text_in(family, "name"), kind_of(text_in(family, "kind")),
                     text_in(family, "unit"));
}

void set_values(const Array& values, SeriesStore& store, const std::vector<std::uint32_t>& begun = {}) {
  for (const JsonValue& entry : values) {
    const Array* pair = pair_of(entry);
    if (pair == nullptr) throw ProtocolError("a value that is no pair");
    const std::uint32_t id = id_of(pair->data());
    const bool is_new = std::binary_search(begun.begin(), begun.end(), id);
    store.set(id, reading_of((*pair)[1]), is_new);
  }
}

void begin(const Object& message, SeriesStore& store) {
  const double time = number_field(message, "time");
  store.follow_clock(time, number_field(message, "uptime_seconds"));
  store.begin(seq_in(message), time);
}

void take_full(const Object& message, SeriesStore& store) {
  store.forget_ids();
  for (const JsonValue& entry : list_field(message, "families")) {
    const Object& family = object_of(entry);
    adopt_family(family, store);
    const std::uint32_t family_id = id_in(family);
    for (const JsonValue& item : list_field(family, "series")) {
      const Object& series = object_of(item);
      store.adopt_series(id_in(series), family_id, labels_of(series));
    }
  }
  store.end_unnamed();
  for (const JsonValue& entry : list_field(message, "replay")) {
    const Object& frame = object_of(entry);
    if (!store.begin(seq_in(frame), number_field(frame, "time"))) continue;
    set_values(list_field(frame, "values"), store);
  }
  begin(message, store);
  for (const JsonValue& entry : list_field(message, "families")) {
    for (const JsonValue& item : list_field(object_of(entry), "series")) {
      const Object& series = object_of(item);
      const JsonValue* value = base::find(series, "v");
      if (value != nullptr) store.set(id_in(series), reading_of(*value), false);
    }
  }
  store.set_uptime(number_field(message, "uptime_seconds"));
}

void take_delta(const Object& message, SeriesStore& store) {
  begin(message, store);
  for (const JsonValue& entry : list_field(message, "families")) adopt_family(object_of(entry), store);
  std::vector<std::uint32_t> begun;
  for (const JsonValue& entry : list_field(message, "series")) {
    const Object& series = object_of(entry);
    const std::uint32_t id = id_in(series);
    if (store.adopt_series(id, id_in(series, "family"), labels_of(series))) begun.push_back(id);
  }
  std::sort(begun.begin(), begun.end());
  set_values(list_field(message, "values"), store, begun);
  for (const JsonValue& id : list_field(message, "gone")) store.end_series(id_of(&id));
  store.set_uptime(number_field(message, "uptime_seconds"));
}

void take_hello(const Object& message, SeriesStore& store) {
  if (number_field(message, "protocol") != 1) {
    throw ProtocolError("a protocol that this program does not know; use the kymo of the server's version");
  }
  const double tick = number_field(message, "tick_seconds");
  store.hello(text_in(message, "instance"), text_in(message, "server"), tick > 0 ? tick : 1,
              number_field(message, "time"));
}

}  // namespace

TakenMessage take_message(std::string_view text, SeriesStore& store) {
  const auto parsed = parse_object(text);
  if (!parsed) throw ProtocolError("a message that is no JSON object");
  const Object& message = *parsed;
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
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  json.field("type", "subscribe");
  json.field("rate_hz", std::int64_t{rate_hz});
  if (since) json.field("since", *since);
  json.end_object();
  return text;
}

}  // namespace kymo::KYMO_ABI::terminal
