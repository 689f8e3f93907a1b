// Records random scopes on three threads, and writes the trace of them and how they really lay in one
// another:
//   profile_trace_print SEED TRACE.json EXPECTED.json
#include <pthread.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <kymo/base/json_writer.h>
#include <kymo/profile/profile.h>
#include <kymo/profile/trace.h>

namespace {

constexpr int kThreads = 3;
constexpr int kDeepest = 4;  // so that there is room for every path
constexpr int kOutermost = 200;

constinit std::array<kymo::profile::Site, 4> sites = {
    kymo::profile::Site{"receive"}, kymo::profile::Site{"decode \"ü\" <b>"},
    kymo::profile::Site{"void mix(std::vector<int>&) [with T = int]", true}, kymo::profile::Site{"send"}};
constexpr std::array kNames = {"receive", "decode \"ü\" <b>", "mix", "send"};

/// A scope that was made, with those inside it.
struct Made {
  std::size_t site;
  std::vector<Made> inside;
};

Made make_scope(std::mt19937& random, int depth) {
  Made made{.site = random() % sites.size(), .inside = {}};
  const kymo::profile::Scope scope(sites[made.site]);
  while (depth < kDeepest && random() % 3 != 0) made.inside.push_back(make_scope(random, depth + 1));
  return made;
}

void write(const std::vector<Made>& scopes, kymo::base::JsonWriter& json) {
  for (const Made& made : scopes) {
    json.begin_object();
    json.field("name", std::string_view(kNames[made.site]));
    json.begin_array("inside");
    write(made.inside, json);
    json.end_array();
    json.end_object();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: profile_trace_print SEED TRACE.json EXPECTED.json\n";
    return 2;
  }
  kymo::profile::enable({.events_per_thread = std::size_t{1} << 20U});
  std::array<std::vector<Made>, kThreads> made;
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < kThreads; ++t) {
      threads.emplace_back([&made, t, seed = std::stoul(argv[1])] {
        pthread_setname_np(pthread_self(), ("worker " + std::to_string(t)).c_str());
        std::mt19937 random(static_cast<std::uint32_t>(seed) * kThreads + t);
        for (int i = 0; i < kOutermost; ++i) made[t].push_back(make_scope(random, 0));
      });
    }
  }
  std::ofstream(argv[2]) << to_chrome_json(kymo::profile::trace());
  std::string text;
  kymo::base::JsonWriter json(text);
  json.begin_object();
  for (std::size_t t = 0; t < kThreads; ++t) {
    json.begin_array("worker " + std::to_string(t));
    write(made[t], json);
    json.end_array();
  }
  json.end_object();
  std::ofstream expected(argv[3]);
  expected << text;
  return expected.good() ? 0 : 1;
}
