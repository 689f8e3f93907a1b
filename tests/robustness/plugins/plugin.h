#pragma once

#include <cstdint>
#include <string>

#include <kymo/core/registry.h>

/// What a test's plugin offers, built in several ways from one source.
struct KymoTestPlugin {
  /// The registry that the plugin takes for the process' one.
  kymo::Registry* (*default_registry)();
  /// Registers in a registry of its own and records on four threads; 0 when all was exact.
  int (*record_on_threads)();
  /// Registers a counter of that name and adds; names and help are the plugin's own literals.
  void (*count)(kymo::Registry& registry, const std::string& name, std::uint64_t n);
  /// Records on the calling thread through a handle that the plugin keeps until `drop_handles`.
  void (*record_here)();
  void (*drop_handles)();
  /// A callback whose code lies in the plugin; and its end.
  void (*observe)(kymo::Registry& registry);
  void (*end_observing)();
};

/// As a pointer to such a function comes from dlsym(handle, "kymo_test_plugin").
using KymoTestPluginEntry = const KymoTestPlugin* (*)();
