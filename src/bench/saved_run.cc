#include <kymo/bench/run.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include <kymo/base/json_value.h>
#include <kymo/base/json_writer.h>

namespace kymo::KYMO_ABI::bench {
namespace {

using base::JsonValue;
using Object = JsonValue::Object;

constexpr std::size_t kMostFigures = 1000;

template <class T>
const T& as(const JsonValue& value, std::string_view name) {
  if (const auto* held = std::get_if<T>(&value.held)) return *held;
  throw std::runtime_error(std::string(name) + " is of another type");
}

const JsonValue& value_at(const Object& object, std::string_view name) {
  if (const JsonValue* value = base::find(object, name)) return *value;
  throw std::runtime_error(std::string(name) + " is missing");
}

template <class T>
const T& at(const Object& object, std::string_view name) {
  return as<T>(value_at(object, name), name);
}

double number_or_nan(const Object& object, std::string_view name) {
  const JsonValue& value = value_at(object, name);
  return std::holds_alternative<std::nullptr_t>(value.held) ? std::nan("") : as<double>(value, name);
}

unsigned cores_of(const Object& machine) {
  const double cores = at<double>(machine, "cores");
  if (cores >= 0 && cores <= 1e6 && std::floor(cores) == cores) return static_cast<unsigned>(cores);
  throw std::runtime_error("cores is no number of cores");
}

Figure figure_from(const Object& object) {
  Figure figure{.name = at<std::string>(object, "name"),
                .unit = at<std::string>(object, "unit"),
                .median = number_or_nan(object, "median"),
                .low = number_or_nan(object, "low"),
                .high = number_or_nan(object, "high"),
                .limit_name = {},
                .limit = {}};
  if (const JsonValue& value = value_at(object, "limit");
      !std::holds_alternative<std::nullptr_t>(value.held)) {
    const auto& limit = as<Object>(value, "limit");
    figure.limit_name = at<std::string>(limit, "name");
    if (const double median = number_or_nan(limit, "median"); std::isfinite(median)) figure.limit = median;
  }
  return figure;
}

Run run_from(const Object& object) {
  if (at<std::string>(object, "kind") != "kymo bench") throw std::runtime_error("kind names another program");
  const auto& machine = at<Object>(object, "machine");
  Run run{.version = at<std::string>(object, "version"),
          .time = at<std::string>(object, "time"),
          .machine = {.processor = at<std::string>(machine, "processor"),
                      .cores = cores_of(machine),
                      .kernel = at<std::string>(machine, "kernel"),
                      .build = at<std::string>(machine, "build")},
          .load = number_or_nan(object, "load"),
          .figures = {}};
  const auto& figures = at<JsonValue::Array>(object, "figures");
  if (figures.size() > kMostFigures) throw std::runtime_error("figures has more than 1000 entries");
  for (const JsonValue& figure : figures) run.figures.push_back(figure_from(as<Object>(figure, "figures")));
  return run;
}

}  // namespace

std::string to_json(const Run& run) {
  std::string out;
  base::JsonWriter writer(out, base::JsonLayout::indented);
  writer.begin_object();
  writer.field("kind", "kymo bench");
  writer.field("version", run.version);
  writer.field("time", run.time);
  writer.begin_object("machine");
  writer.field("processor", run.machine.processor);
  writer.field("cores", static_cast<std::uint64_t>(run.machine.cores));
  writer.field("kernel", run.machine.kernel);
  writer.field("build", run.machine.build);
  writer.end_object();
  writer.field("load", run.load);
  writer.objects("figures", run.figures, [&](const Figure& figure) {
    writer.field("name", figure.name);
    writer.field("unit", figure.unit);
    writer.field("median", figure.median);
    writer.field("low", figure.low);
    writer.field("high", figure.high);
    writer.key("limit");
    if (figure.limit) {
      writer.begin_object();
      writer.field("name", figure.limit_name);
      writer.field("median", *figure.limit);
      writer.end_object();
    } else {
      writer.null();
    }
  });
  writer.end_object();
  out += '\n';
  return out;
}

Run from_json(const std::string& text) {
  try {
    const auto read = base::read_json(text);
    if (const auto* error = std::get_if<base::JsonError>(&read)) throw std::runtime_error(error->message);
    return run_from(as<Object>(std::get<JsonValue>(read), "the whole text"));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(std::string("is no run that `kymo bench --json` has written: ") + error.what());
  }
}

}  // namespace kymo::KYMO_ABI::bench
