#include <kymo/base/resolved_path.h>

#include <sys/stat.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace kymo::KYMO_ABI::base {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // the kernel's own limit

/// A path up to its first symbolic link, and the rest after the link.
struct FirstLink {
  fs::path link;  ///< empty: there is none
  fs::path rest;
};

/// Without links, `way` becomes the real path. Missing parts stay as written.
FirstLink find_link(const fs::path& path, fs::path& way) {
  way.clear();
  FirstLink found;
  for (const fs::path& part : path) {
    if (!found.link.empty()) {
      found.rest /= part;
    } else if (part == "..") {
      way = way.parent_path();
    } else if (part != ".") {
      way /= part;
      std::error_code error;
      if (fs::is_symlink(fs::symlink_status(way, error))) found.link = way;
    }
  }
  return found;
}

bool is_trusted(const fs::path& link) {
  struct stat about{};
  return ::lstat(link.c_str(), &about) == 0 && (about.st_uid == 0 || about.st_uid == ::geteuid());
}

}  // namespace

ResolvedPath resolve_path(const std::string& path,
                          const std::function<std::string(const fs::path&)>& fault_of) {
  std::error_code error;
  fs::path at = fs::absolute(path, error);
  if (error) return {path, {}};  // opening the file will report it
  fs::path way;
  for (int links = 0; links <= kMostLinks; ++links) {
    if (std::string fault = fault_of ? fault_of(at) : ""; !fault.empty())
      return {at.string(), std::move(fault)};
    const FirstLink found = find_link(at, way);
    if (found.link.empty()) return {way.string(), fault_of ? fault_of(way) : ""};
    if (!is_trusted(found.link)) {
      return {way.string(),
              "leads through " + found.link.string() + ", a symbolic link of another user; name its target"};
    }
    const fs::path target = fs::read_symlink(found.link, error);
    if (error) return {found.link.string(), {}};  // vanished meanwhile; opening the file will report it
    at = found.link.parent_path() / target;       // an absolute target replaces the path
    if (!found.rest.empty()) at /= found.rest;
  }
  return {at.string(), "is a cycle of symbolic links; link it to a file"};
}

}  // namespace kymo::KYMO_ABI::base
