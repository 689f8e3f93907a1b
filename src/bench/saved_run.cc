#include <kymo/bench/saved_run.h>

#include <boost/json.hpp>

#include <cmath>
#include <stdexcept>

#include <kymo/base/json_writer.h>

namespace kymo::KYMO_ABI::bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostFigures = 1000;

double number_or_nan(const json::value& value) {
  return value.is_null() ? std::nan("") : value.to_number<double>();
}

std::string text_at(const json::object& object, const char* key) {
  return json::value_to<std::string>(object.at(key));
}

Figure figure_from(const json::object& object) {
  Figure figure{.name = text_at(object, "name"),
                .unit = text_at(object, "unit"),
                .median = number_or_nan(object.at("median")),
                .low = number_or_nan(object.at("low")),
                .high = number_or_nan(object.at("high")),
                .limit_name = {},
                .limit = {}};
  if (const json::value& limit = object.at("limit"); !limit.is_null()) {
    figure.limit_name = text_at(limit.as_object(), "name");
    const double value = number_or_nan(limit.as_object().at("median"));
    if (std::isfinite(value)) figure.limit = value;
  }
  return figure;
}

Run run_from(const json::object& object) {
  if (text_at(object, "kind") != "kymo bench") throw std::runtime_error("it is another kind of file");
  const json::object& machine = object.at("machine").as_object();
  Run run{.version = text_at(object, "version"),
          .time = text_at(object, "time"),
          .machine = {.processor = text_at(machine, "processor"),
                      .cores = machine.at("cores").to_number<unsigned>(),
                      .kernel = text_at(machine, "kernel"),
                      .build = text_at(machine, "build")},
          .load = number_or_nan(object.at("load")),
          .figures = {}};
  const json::array& figures = object.at("figures").as_array();
  if (figures.size() > kMostFigures) throw std::runtime_error("it holds more than 1000 figures");
  for (const json::value& figure : figures) run.figures.push_back(figure_from(figure.as_object()));
  return run;
}

}  // namespace

std::string to_json(const Run& run) {
  std::string out;
  base::JsonWriter writer(out, base::JsonLayout::indented);
  writer.begin_object();
  writer.field("kind", std::string_view("kymo bench"));
  writer.field("version", run.version);
  writer.field("time", run.time);
  writer.begin_object("machine");
  writer.field("processor", run.machine.processor);
  writer.field("cores", static_cast<std::uint64_t>(run.machine.cores));
  writer.field("kernel", run.machine.kernel);
  writer.field("build", run.machine.build);
  writer.end_object();
  writer.field("load", run.load);
  writer.begin_array("figures");
  for (const Figure& figure : run.figures) {
    writer.begin_object();
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
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  out += '\n';
  return out;
}

Run from_json(const std::string& text) {
  try {
    return run_from(json::parse(text).as_object());
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string("is no run that `kymo bench --json` has written: ") + error.what());
  }
}

}  // namespace kymo::KYMO_ABI::bench
