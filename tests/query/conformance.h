#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace conformance {

/// Folder with the scripts of Prometheus, or an empty path where it is absent. They lie beside the project;
/// the variable KYMO_CONFORMANCE names another place.
inline std::filesystem::path folder() {
  const char* const named = std::getenv("KYMO_CONFORMANCE");
  const auto root = named != nullptr
                        ? std::filesystem::path(named)
                        : std::filesystem::path(KYMO_SOURCE_DIR) / ".." / "shared" / "conformance";
  const auto scripts = root / "promqltest";
  return std::filesystem::is_directory(scripts) ? scripts : std::filesystem::path();
}

inline std::vector<std::filesystem::path> scripts() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.path().extension() == ".test") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace conformance
