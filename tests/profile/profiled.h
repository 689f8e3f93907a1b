#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <kymo/profile/profile.h>
#include <kymo/profile/report.h>

namespace kymo::KYMO_ABI::profile {

/// A test that finds the process' profiler on and empty, and leaves it off.
class Profiled : public testing::Test {
 protected:
  void SetUp() override {
    reset();
    enable();
  }
  void TearDown() override {
    disable();
    reset();
  }
};

/// Paths of all threads, as "outer;inner".
inline std::map<std::string, PathFigures> paths_of(const Report& report) {
  std::map<std::string, PathFigures> merged;
  for (const ThreadFigures& thread : report.threads) {
    std::vector<std::string> names;
    for (const PathFigures& path : thread.paths) {
      names.push_back(path.caller == PathFigures::kTop ? path.name : names[path.caller] + ";" + path.name);
      PathFigures& sum = merged[names.back()];
      sum.calls += path.calls;
      sum.errors += path.errors;
      sum.total += path.total;
      sum.self += path.self;
    }
  }
  return merged;
}

/// Calls by path.
inline std::map<std::string, std::uint64_t> calls_of(const Report& report) {
  std::map<std::string, std::uint64_t> calls;
  for (const auto& [name, path] : paths_of(report)) calls[name] = path.calls;
  return calls;
}

inline FunctionFigures function_in(const Report& report, const std::string& name) {
  for (const FunctionFigures& function : report.functions) {
    if (function.name == name) return function;
  }
  ADD_FAILURE() << "no function " << name;
  return {};
}

/// Spends at least this long.
inline void spend(std::chrono::nanoseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

}  // namespace kymo::KYMO_ABI::profile
