#include "log_path.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace kymo::log {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as the kernel follows
constexpr std::array<std::string_view, 3> kForbidden = {"/dev", "/proc", "/sys"};

std::string fault_of(const fs::path& place) {
  const std::string text = place.lexically_normal().string();
  const auto* folder = std::find_if(kForbidden.begin(), kForbidden.end(), [&](std::string_view forbidden) {
    return text == forbidden || text.starts_with(std::string(forbidden) + "/");
  });
  if (folder == kForbidden.end()) return {};
  return "lies in " + std::string(*folder) +
         ", where no log can be rotated; name a file on a disk, or none for standard error";
}

/// The path with its folder as it really is. What is not there yet stays as it was written.
fs::path with_real_folder(const fs::path& path) {
  std::error_code error;
  const fs::path folder = fs::weakly_canonical(path.parent_path(), error);
  return error ? path : folder / path.filename();
}

}  // namespace

LogPath resolve_log_path(const std::string& path) {
  std::error_code error;
  fs::path at = fs::absolute(path, error);
  if (error) return {path, {}};  // opening it will tell
  for (int links = 0; links <= kMostLinks; ++links) {
    if (std::string fault = fault_of(at); !fault.empty()) return {at.string(), std::move(fault)};
    at = with_real_folder(at);
    if (std::string fault = fault_of(at); !fault.empty()) return {at.string(), std::move(fault)};
    const fs::path target = fs::read_symlink(at, error);
    if (error) return {at.string(), {}};
    at = at.parent_path() / target;  // the target alone where it is absolute
  }
  return {at.string(), "is a symbolic link that leads in a circle; make it lead to a file"};
}

}  // namespace kymo::log
