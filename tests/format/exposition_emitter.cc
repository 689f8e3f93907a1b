// Writes what tests in other languages read: `exposition_emitter DIRECTORY SEED` makes prometheus.txt,
// openmetrics.txt and metrics.json of a random registry, and expected.jsonl, which says what a reader must
// find in them. Without a seed it is the sample Snapshot, without expectations.
//
// expected.jsonl has one object a line. Text is hex of its UTF-8, a double C's hex notation: this program
// must not judge an encoder by that encoder.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include <kymo/format/json.h>
#include <kymo/format/openmetrics.h>
#include <kymo/format/prometheus_text.h>
#include <kymo/format/server_json.h>
#include <kymo/format/summary.h>
#include <kymo/format/system_json.h>

#include "tests/format/family_maker.h"
#include "tests/format/random_exposition.h"

namespace {

using kymo::format::ExpectedFamily;
using kymo::format::ExpectedSample;
using kymo::format::OwnedLabels;
using kymo::format::ShownIn;

std::string hex(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
    out += digits;
  }
  return out + "\"";
}

std::string exact(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "\"%a\"", number);
  return text;
}

std::string exact(const kymo::Number& number) {
  if (const auto* real = std::get_if<double>(&number)) return exact(*real);
  const auto* natural = std::get_if<std::uint64_t>(&number);
  return natural != nullptr ? std::to_string(*natural) : std::to_string(std::get<std::int64_t>(number));
}

std::string labels_json(const OwnedLabels& labels) {
  std::string out = "{";
  for (const auto& [key, value] : labels) out += (out.size() > 1 ? ", \"" : "\"") + key + "\": " + hex(value);
  return out + "}";
}

const char* shown_in(ShownIn formats) {
  switch (formats) {
    case ShownIn::both: return "\"both\"";
    case ShownIn::text_only: return "\"prometheus\"";
    case ShownIn::openmetrics_only: return "\"openmetrics\"";
  }
  return "null";
}

void write_sample(const ExpectedSample& sample, std::ostream& out) {
  out << R"({"sample": ")" << sample.name << R"(", "labels": )" << labels_json(sample.labels) << R"(, "in": )"
      << shown_in(sample.shown_in) << R"(, "value": )"
      << (sample.is_creation_time ? "\"now\"" : exact(sample.value));
  if (sample.le) out << R"(, "le": )" << exact(*sample.le);
  if (sample.exemplar) {
    out << R"(, "exemplar": )" << labels_json(sample.exemplar->labels) << R"(, "exemplar_value": )"
        << exact(sample.exemplar->value);
  }
  out << "}\n";
}

void write_family(const ExpectedFamily& family, std::ostream& out) {
  out << R"({"family": ")" << family.name << R"(", "type": ")" << family.type << R"(", "unit": ")"
      << family.unit << R"(", "help": )" << hex(family.help) << "}\n";
  for (const auto& sample : family.samples) write_sample(sample, out);
  for (const auto& series : family.json) {
    out << R"({"json": ")" << series.section << R"(", "name": ")" << series.name << R"(", "labels": )"
        << labels_json(series.labels) << R"(, "value": )" << exact(series.value) << "}\n";
  }
}

template <class Writer>
void write_file(const std::string& path, const kymo::Snapshot& snapshot, Writer writer) {
  std::string text;
  writer(snapshot, text);
  std::ofstream(path, std::ios::binary) << text;
}

void write_formats(const std::string& directory, const kymo::Snapshot& snapshot) {
  using namespace kymo::format;
  write_file(directory + "/prometheus.txt", snapshot, write_prometheus_text);
  write_file(directory + "/openmetrics.txt", snapshot, write_openmetrics);
  write_file(directory + "/metrics.json", snapshot, [](const auto& s, auto& out) { write_json(s, out); });
  write_file(directory + "/summary.json", snapshot,
             [](const auto& s, auto& out) { write_summary_json(s, out); });
  write_file(directory + "/server.json", snapshot,
             [](const auto& s, auto& out) { write_server_json(s, out); });
  write_file(directory + "/system.json", snapshot,
             [](const auto& s, auto& out) { write_system_json(s, out); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::cerr << "usage: exposition_emitter DIRECTORY [SEED]\n";
    return 2;
  }
  const std::string directory = argv[1];
  if (argc == 2) {
    write_formats(directory, kymo::format::sample_snapshot());
    return 0;
  }
  kymo::format::RandomExposition random(std::strtoull(argv[2], nullptr, 10));
  write_formats(directory, *random.snapshot());
  std::ofstream expected(directory + "/expected.jsonl", std::ios::binary);
  for (const auto& family : random.expected()) write_family(family, expected);
  return 0;
}
