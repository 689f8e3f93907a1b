// Methods of Go's time.Time, time.Duration, time.Month and time.Weekday that a template can use.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "go_time.h"
#include "template_functions.h"

namespace kymo::KYMO_ABI::alert {
namespace {

using Type = ParameterType;

constexpr std::int64_t kSecond = 1'000'000'000;

const Instant& instant(const FunctionCall& call, std::size_t at = 0) {
  return *call.values[at].get<Instant>();
}
std::int64_t whole(const FunctionCall& call, std::size_t at = 0) {
  return call.values[at].get<Whole>()->value;
}

Value duration_value(std::int64_t nanoseconds) { return whole_value(nanoseconds, WholeType::duration); }

// ---- time.Time ----

template <auto Member>
Value civil(const FunctionCall& call) {
  return whole_value(static_cast<std::int64_t>(civil_time(instant(call)).*Member));
}

Value month(const FunctionCall& call) {
  return whole_value(civil_time(instant(call)).month, WholeType::month);
}

Value weekday(const FunctionCall& call) {
  return whole_value(civil_time(instant(call)).weekday, WholeType::weekday);
}

Value nanosecond(const FunctionCall& call) { return whole_value(instant(call).nanoseconds); }
Value unix_seconds(const FunctionCall& call) {
  return whole_value(instant(call).seconds, WholeType::whole64);
}

/// Wraps past 64 bits, as Go does.
template <std::int64_t Parts>
Value unix_parts(const FunctionCall& call) {
  const auto parts = static_cast<std::uint64_t>(instant(call).seconds) * static_cast<std::uint64_t>(Parts) +
                     static_cast<std::uint64_t>(instant(call).nanoseconds / (kSecond / Parts));
  return whole_value(static_cast<std::int64_t>(parts), WholeType::whole64);
}

Value format(const FunctionCall& call) {
  call.effort.step(call.text(1).size() * 4);
  return call.made(format_time(instant(call), call.text(1)));
}

Value instant_string(const FunctionCall& call) { return call.made(time_text(instant(call))); }

Value in_utc(const FunctionCall& call) { return {Instant{instant(call).seconds, instant(call).nanoseconds}}; }

Value add(const FunctionCall& call) {
  const std::int64_t change = whole(call, 1);
  std::int64_t seconds = instant(call).seconds + change / kSecond;
  std::int64_t nanoseconds = instant(call).nanoseconds + change % kSecond;
  if (nanoseconds >= kSecond) ++seconds, nanoseconds -= kSecond;
  if (nanoseconds < 0) --seconds, nanoseconds += kSecond;
  // 100 additions of the longest duration stay far within; a loop of them must not leave the calendar.
  constexpr std::int64_t kBound = std::int64_t{1} << 45U;
  if (seconds > kBound || seconds < -kBound) throw FunctionError("the time is out of range; add less");
  return {Instant{seconds, static_cast<std::int32_t>(nanoseconds)}};
}

/// The nearest duration where the difference has no room, as Go has it.
Value subtract(const FunctionCall& call) {
  const Instant& a = instant(call);
  const Instant& b = instant(call, 1);
  const std::int64_t seconds = a.seconds - b.seconds;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kSecond - 1;
  if (seconds > kMost) return duration_value(std::numeric_limits<std::int64_t>::max());
  if (seconds < -kMost) return duration_value(std::numeric_limits<std::int64_t>::min());
  return duration_value(seconds * kSecond + a.nanoseconds - b.nanoseconds);
}

int compare(const FunctionCall& call) {
  const Instant& a = instant(call);
  const Instant& b = instant(call, 1);
  if (a.seconds != b.seconds) return a.seconds < b.seconds ? -1 : 1;
  return a.nanoseconds == b.nanoseconds ? 0 : a.nanoseconds < b.nanoseconds ? -1 : 1;
}

Value after(const FunctionCall& call) { return {compare(call) > 0}; }
Value before(const FunctionCall& call) { return {compare(call) < 0}; }
Value equals(const FunctionCall& call) { return {compare(call) == 0}; }
Value comparison(const FunctionCall& call) { return whole_value(compare(call)); }

// Go's zero time is the year 1, which no number of toTime reaches.
Value is_zero(const FunctionCall& call) { return {instant(call).seconds == -62'135'596'800}; }

// ---- time.Duration ----

/// Go divides whole units and the rest apart.
template <std::int64_t Unit>
Value in_units(const FunctionCall& call) {
  const std::int64_t size = whole(call);
  const std::int64_t units = size / Unit;
  return {static_cast<double>(units) + static_cast<double>(size % Unit) / static_cast<double>(Unit)};
}

template <std::int64_t Unit>
Value whole_units(const FunctionCall& call) {
  return whole_value(whole(call) / Unit, WholeType::whole64);
}

std::int64_t absolute(std::int64_t size) {
  if (size == std::numeric_limits<std::int64_t>::min()) return std::numeric_limits<std::int64_t>::max();
  return size < 0 ? -size : size;
}

Value absolute_duration(const FunctionCall& call) { return duration_value(absolute(whole(call))); }

Value truncate(const FunctionCall& call) {
  const std::int64_t unit = whole(call, 1);
  return duration_value(unit <= 0 ? whole(call) : whole(call) - whole(call) % unit);
}

/// Halves go away from zero; the longest duration where there is no room.
Value round(const FunctionCall& call) {
  const std::int64_t size = whole(call);
  const std::int64_t unit = whole(call, 1);
  if (unit <= 0) return duration_value(size);
  const std::int64_t rest = size % unit;
  const std::int64_t down = size - rest;
  if (absolute(rest) < unit - absolute(rest)) return duration_value(down);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  if (size < 0) return duration_value(down < kLeast + unit ? kLeast : down - unit);
  return duration_value(down > kMost - unit ? kMost : down + unit);
}

Value duration_string(const FunctionCall& call) { return call.made(duration_text(whole(call))); }
Value month_string(const FunctionCall& call) { return call.made(month_text(whole(call))); }
Value weekday_string(const FunctionCall& call) { return call.made(weekday_text(whole(call))); }

constexpr auto kTimeMethods = std::to_array<FunctionInfo>({
    {"Add", add, {Type::instant, Type::duration}, 2},
    {"After", after, {Type::instant, Type::instant}, 2},
    {"Before", before, {Type::instant, Type::instant}, 2},
    {"Compare", comparison, {Type::instant, Type::instant}, 2},
    {"Day", civil<&CivilTime::day>, {Type::instant}, 1},
    {"Equal", equals, {Type::instant, Type::instant}, 2},
    {"Format", format, {Type::instant, Type::text}, 2},
    {"Hour", civil<&CivilTime::hour>, {Type::instant}, 1},
    {"IsZero", is_zero, {Type::instant}, 1},
    {"Local", in_utc, {Type::instant}, 1},
    {"Minute", civil<&CivilTime::minute>, {Type::instant}, 1},
    {"Month", month, {Type::instant}, 1},
    {"Nanosecond", nanosecond, {Type::instant}, 1},
    {"Second", civil<&CivilTime::second>, {Type::instant}, 1},
    {"String", instant_string, {Type::instant}, 1},
    {"Sub", subtract, {Type::instant, Type::instant}, 2},
    {"UTC", in_utc, {Type::instant}, 1},
    {"Unix", unix_seconds, {Type::instant}, 1},
    {"UnixMicro", unix_parts<1'000'000>, {Type::instant}, 1},
    {"UnixMilli", unix_parts<1'000>, {Type::instant}, 1},
    {"UnixNano", unix_parts<kSecond>, {Type::instant}, 1},
    {"Weekday", weekday, {Type::instant}, 1},
    {"Year", civil<&CivilTime::year>, {Type::instant}, 1},
    {"YearDay", civil<&CivilTime::year_day>, {Type::instant}, 1},
});

constexpr auto kDurationMethods = std::to_array<FunctionInfo>({
    {"Abs", absolute_duration, {Type::duration}, 1},
    {"Hours", in_units<3600 * kSecond>, {Type::duration}, 1},
    {"Microseconds", whole_units<1'000>, {Type::duration}, 1},
    {"Milliseconds", whole_units<1'000'000>, {Type::duration}, 1},
    {"Minutes", in_units<60 * kSecond>, {Type::duration}, 1},
    {"Nanoseconds", whole_units<1>, {Type::duration}, 1},
    {"Round", round, {Type::duration, Type::duration}, 2},
    {"Seconds", in_units<kSecond>, {Type::duration}, 1},
    {"String", duration_string, {Type::duration}, 1},
    {"Truncate", truncate, {Type::duration, Type::duration}, 2},
});

constexpr auto kMonthMethods = std::to_array<FunctionInfo>({{"String", month_string, {Type::any}, 1}});
constexpr auto kWeekdayMethods = std::to_array<FunctionInfo>({{"String", weekday_string, {Type::any}, 1}});

std::span<const FunctionInfo> methods_of(const Value& receiver) noexcept {
  if (receiver.get<Instant>() != nullptr) return kTimeMethods;
  const auto* number = receiver.get<Whole>();
  if (number == nullptr) return {};
  switch (number->type) {
    case WholeType::duration: return kDurationMethods;
    case WholeType::month: return kMonthMethods;
    case WholeType::weekday: return kWeekdayMethods;
    default: return {};
  }
}

}  // namespace

const FunctionInfo* find_method(const Value& receiver, std::string_view name) noexcept {
  const auto methods = methods_of(receiver);
  const auto found = std::ranges::find(methods, name, &FunctionInfo::name);
  return found == methods.end() ? nullptr : &*found;
}

}  // namespace kymo::KYMO_ABI::alert
