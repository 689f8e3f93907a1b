#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "function_name.h"

/// Counts the forms of functions, and those whose names are not found.
struct FunctionNames {
  int forms = 0;
  int failures = 0;

  void expect(std::string_view function, std::string_view name) {
    ++forms;
    const std::string_view found = kymo::profile::qualified_name(function);
    if (found == name) return;
    ++failures;
    std::printf("%s\n", std::string(function).c_str());
    std::printf("  is \"%s\"\n  not \"%s\"\n", std::string(name).c_str(), std::string(found).c_str());
  }
};
inline FunctionNames names;

#if defined(__clang__)
#define NAMED_BY(gcc, clang) names.expect(__PRETTY_FUNCTION__, clang)
#else
#define NAMED_BY(gcc, clang) names.expect(__PRETTY_FUNCTION__, gcc)
#endif
#define NAMED(name) NAMED_BY(name, name)

template <class T>
concept Small = sizeof(T) < 100;

/// function_names_templates.cc.
void call_templates();
void call_others();
