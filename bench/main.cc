// Measures the subjects named, or all, and prints each row as a line of JSON. People call bench/run.
#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "report.h"

namespace {

using namespace kymo::bench;

struct Subject {
  std::string_view name;
  void (*measure)(Report&);
};

constexpr Subject kSubjects[] = {
    {"counter", counter_rows}, {"gauge", gauge_rows},           {"histogram", histogram_rows},
    {"lookup", lookup_rows},   {"disabled", disabled_rows},     {"timer", timer_rows},
    {"profile", profile_rows}, {"exposition", exposition_rows}, {"scrape", scrape_rows},
    {"memory", memory_rows},   {"precision", precision_rows},   {"header", header_rows},
    {"tick", tick_rows},       {"store", store_rows},           {"history", history_rows},
};

int usage() {
  std::cerr << "usage: kymo_bench [--smoke] [ROW…]\nrows:";
  for (const Subject& subject : kSubjects) std::cerr << ' ' << subject.name;
  std::cerr << '\n';
  return 2;
}

bool is_subject(std::string_view name) {
  return std::ranges::any_of(kSubjects, [&](const Subject& subject) { return subject.name == name; });
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> wanted(argv + 1, argv + argc);
  if (wanted.size() == 3 && wanted[0] == "--memory-of") {
    print_memory_of(wanted[1], std::stoul(wanted[2]));
    return 0;
  }
  Effort effort;
  if (std::erase(wanted, "--smoke") > 0) effort = {.smoke = true, .turns = 1};
  if (!std::ranges::all_of(wanted, is_subject)) return usage();

  Report report(effort);
  for (const Subject& subject : kSubjects) {
    if (!wanted.empty() && std::ranges::find(wanted, subject.name) == wanted.end()) continue;
    report.begin(std::string(subject.name));
    subject.measure(report);
  }
  return 0;
}
