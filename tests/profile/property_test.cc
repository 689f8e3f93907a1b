#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <kymo/profile/profile.h>
#include <kymo/profile/report.h>
#include <kymo/profile/trace.h>

#include "profiled.h"

namespace kymo::KYMO_ABI::profile {
namespace {

constinit std::array<Site, 5> sites = {Site{"a"}, Site{"b"}, Site{"c"}, Site{"d"}, Site{"e"}};

/// Leaves this many scopes.
struct Flight {
  int scopes;
};

/// What a thread does: each byte begins a scope, ends one, or throws through some.
using Program = std::vector<std::uint8_t>;

/// Runs a program; `Open` is made where a scope begins, from the number of its site.
template <class Open, class Context>
class Runner final {
 public:
  Runner(const Program& program, Context& context) : program_(program), context_(context) {}

  void run() {
    while (at_ < program_.size()) {
      try {
        go_on(0);
      } catch (const Flight&) {
      }
    }
  }

 private:
  static constexpr int kDeepest = 5;  // no more paths than a log has room for

  void go_on(int depth) {
    while (at_ < program_.size()) {
      const std::uint8_t step = program_[at_++];
      if (step % 8 == 7) throw Flight{step / 8 % 4 + 1};
      if (step % 8 >= 5) return;
      if (depth < kDeepest) begin(step % 8, depth);
    }
  }

  void begin(unsigned site, int depth) {
    try {
      const Open open(context_, site);
      go_on(depth + 1);
    } catch (const Flight& flight) {
      if (flight.scopes > 1) throw Flight{flight.scopes - 1};
    }
  }

  const Program& program_;
  Context& context_;
  std::size_t at_ = 0;
};

struct Nothing {};
struct Recorded {
  Recorded(Nothing& /*nothing*/, unsigned site) : scope(sites[site]) {}
  Scope scope;
};

struct Figures {
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  bool operator==(const Figures&) const = default;
};
struct Model {
  std::string path;
  std::map<std::string, Figures> figures;
};
class Modelled final {
 public:
  Modelled(Model& model, unsigned site) : model_(model), outer_(model.path) {
    const char name = static_cast<char>('a' + site);
    const std::size_t around = outer_.find(name);
    model.path = around == std::string::npos ? outer_ + (outer_.empty() ? "" : ";") + name
                                             : outer_.substr(0, around + 1);
  }
  Modelled(const Modelled&) = delete;
  Modelled& operator=(const Modelled&) = delete;
  ~Modelled() {
    Figures& figures = model_.figures[model_.path];
    ++figures.calls;
    figures.errors += std::uncaught_exceptions() > exceptions_ ? 1 : 0;
    model_.path = outer_;
  }

 private:
  Model& model_;
  std::string outer_;
  int exceptions_ = std::uncaught_exceptions();
};

std::map<std::string, Figures> figures_in(const Report& report) {
  std::map<std::string, Figures> figures;
  for (const auto& [name, path] : paths_of(report)) figures[name] = {path.calls, path.errors};
  return figures;
}

/// What a path took is what it took itself and what those took that it called.
void check_times(const Report& report) {
  for (const ThreadFigures& thread : report.threads) {
    std::vector<std::chrono::nanoseconds> parts(thread.paths.size());
    for (std::size_t i = thread.paths.size(); i-- > 0;) {
      const PathFigures& path = thread.paths[i];
      parts[i] += path.self;
      // A clock whose rate is measured anew meanwhile may tell the two a little apart.
      const auto tolerance = std::chrono::microseconds(1) + path.total / 100;
      RC_ASSERT(std::chrono::abs(parts[i] - path.total) <= tolerance);
      if (path.caller != PathFigures::kTop) parts[path.caller] += path.total;
    }
  }
}

/// A function's time is that of its scopes that are in no other of its own, as the trace has them.
void check_totals(const Report& report, const Trace& trace) {
  std::map<std::string, std::chrono::nanoseconds> totals;
  for (const ThreadTrace& thread : trace.threads) {
    std::map<std::string, std::chrono::nanoseconds> outermost;  // where the one began that ended last
    for (std::size_t i = thread.events.size(); i-- > 0;) {
      const TraceEvent& event = thread.events[i];
      const auto around = outermost.find(event.name);
      if (around != outermost.end() && event.begin >= around->second) continue;
      outermost[event.name] = event.begin;
      totals[event.name] += event.duration;
    }
  }
  for (const FunctionFigures& function : report.functions) {
    const auto tolerance = std::chrono::microseconds(5) + function.total / 50;
    RC_ASSERT(std::chrono::abs(totals[function.name] - function.total) <= tolerance);
  }
}

RC_GTEST_PROP(Profile, IsWhatAPlainModelSays, (const std::vector<Program>& programs)) {
  reset();
  enable();
  Model model;
  for (const Program& program : programs) Runner<Modelled, Model>(program, model).run();
  {
    std::atomic<bool> done{false};
    const std::jthread reader([&done] {
      while (!done) {
        (void)report();
        (void)trace();
      }
    });
    {
      std::vector<std::jthread> threads;
      for (const Program& program : programs) {
        threads.emplace_back([&program] {
          Nothing nothing;
          Runner<Recorded, Nothing>(program, nothing).run();
        });
      }
    }
    done = true;
  }
  disable();
  const Report read = report();
  RC_ASSERT(figures_in(read) == model.figures);
  RC_ASSERT(read.lost_scopes == 0U);
  check_times(read);
  check_totals(read, trace());
  std::uint64_t calls = 0;
  for (const auto& [path, figures] : model.figures) calls += figures.calls;
  std::uint64_t events = trace().dropped_events;
  for (const ThreadTrace& thread : trace().threads) events += thread.events.size();
  RC_ASSERT(events == calls);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::profile
