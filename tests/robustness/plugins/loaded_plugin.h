#pragma once

#include <dlfcn.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "tests/robustness/plugins/plugin.h"

namespace kymo::robustness {

/// A plugin in this process, unloaded when this goes.
class LoadedPlugin final {
 public:
  explicit LoadedPlugin(std::string path, int scope = RTLD_LOCAL)
      : path_(std::move(path)), handle_(dlopen(path_.c_str(), RTLD_NOW | scope)) {
    if (handle_ == nullptr) throw std::runtime_error(dlerror());
    const auto entry = reinterpret_cast<KymoTestPluginEntry>(dlsym(handle_, "kymo_test_plugin"));
    if (entry == nullptr) throw std::runtime_error(dlerror());
    plugin_ = entry();
  }
  LoadedPlugin(const LoadedPlugin&) = delete;
  LoadedPlugin& operator=(const LoadedPlugin&) = delete;
  ~LoadedPlugin() { unload(); }

  void unload() {
    if (handle_ != nullptr) dlclose(std::exchange(handle_, nullptr));
  }
  const KymoTestPlugin* operator->() const { return plugin_; }

  /// Whether the loader still has it, for another user or because it may not be unloaded.
  static bool stays(const std::string& path) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (handle != nullptr) dlclose(handle);
    return handle != nullptr;
  }

 private:
  std::string path_;
  void* handle_;
  const KymoTestPlugin* plugin_ = nullptr;
};

}  // namespace kymo::robustness
