// Answers queries for tests in other languages: over the data of a script, or to say whether they parse.
//   promql_answers FILE       reads requests {"query":…,"start":ms,"end":ms,"step":ms}, one a line
//   promql_answers --parse    reads queries as JSON texts, one a line
// Writes one line of JSON for each.
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include <kymo/base/json_value.h>
#include <kymo/base/json_writer.h>
#include <kymo/base/number_text.h>
#include <kymo/query/engine.h>
#include <kymo/query/parser.h>

#include <kymo/query/script_store.h>

namespace {

namespace base = kymo::base;
namespace query = kymo::query;

std::string text_of(double number) {
  std::string text(base::kMaxNumberBytes, '\0');
  text.resize(static_cast<std::size_t>(base::put_number(text.data(), number) - text.data()));
  return text;
}

void write_result(const query::QueryResult& result, base::JsonWriter& json) {
  switch (result.type) {
    case query::ValueType::scalar: json.field("scalar", text_of(result.scalar)); return;
    case query::ValueType::string: json.field("string", result.text); return;
    case query::ValueType::vector:
    case query::ValueType::matrix: break;
  }
  json.objects("series", result.series, [&](const query::ResultSeries& series) {
    json.begin_object("labels");
    for (const kymo::Label label : series.labels) json.field(label.key, label.value);
    json.end_object();
    json.begin_array("points");
    for (const query::NumberPoint& point : series.numbers) {
      json.begin_array();
      json.value(point.time_ms);
      json.value(text_of(point.value));
      json.end_array();
    }
    json.end_array();
  });
}

base::JsonValue read(const std::string& line) {
  auto parsed = base::read_json(line);
  if (const auto* error = std::get_if<base::JsonError>(&parsed)) throw std::runtime_error(error->message);
  return std::move(std::get<base::JsonValue>(parsed));
}

template <class T>
const T& member(const base::JsonValue::Object& request, std::string_view name) {
  const T* found = base::find_as<T>(request, name);
  if (found == nullptr) throw std::runtime_error("a request lacks " + std::string(name));
  return *found;
}

std::int64_t milliseconds(const base::JsonValue::Object& request, std::string_view name) {
  return static_cast<std::int64_t>(member<double>(request, name));
}

/// Runs `answer`, which writes fields; an error of the query becomes the field `error`.
template <class Answer>
void reply(Answer answer) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  try {
    answer(json);
  } catch (const query::QueryError& error) {
    json.field("error", std::string_view(error.what()));
  } catch (const query::QueryFailure& failure) {
    json.field("error", std::string_view(failure.what()));
  }
  json.end_object();
  std::cout << out << '\n' << std::flush;
}

void answer_parses() {
  for (std::string line; std::getline(std::cin, line);) {
    const base::JsonValue text = read(line);
    reply([&](base::JsonWriter&) {
      static_cast<void>(query::parse(std::get<std::string>(text.held), {.takes_experimental = true}));
    });
  }
}

void answer_queries(const char* path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(std::string("cannot read ") + path);
  query::ScriptStore store;
  for (const query::ScriptCommand& command :
       query::read_script(std::string(std::istreambuf_iterator<char>(file), {}))) {
    store.load(std::get<query::LoadCommand>(command));
  }
  // As Prometheus 2.42 is: without experimental parts, and without the times when counts began.
  query::EngineOptions options;
  options.uses_start_times = false;
  const query::Engine engine(options);
  for (std::string line; std::getline(std::cin, line);) {
    const base::JsonValue parsed = read(line);
    const auto& request = std::get<base::JsonValue::Object>(parsed.held);
    reply([&](base::JsonWriter& json) {
      write_result(engine.run(store, {member<std::string>(request, "query"), milliseconds(request, "start"),
                                      milliseconds(request, "end"), milliseconds(request, "step")}),
                   json);
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("usage: promql_answers FILE | --parse");
    std::string_view(argv[1]) == "--parse" ? answer_parses() : answer_queries(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "promql_answers: " << error.what() << '\n';
    return 1;
  }
}
