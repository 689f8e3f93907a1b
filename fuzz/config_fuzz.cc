// A configuration file of any bytes, then a NUL, then the text of every flag: whatever comes, the errors are
// single lines; and what is accepted is printed as a file that is accepted again and means the same.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include <kymo/monitor/config.h>

namespace {

using kymo::monitor::Config;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A file in memory that has a path.
class MemoryFile final {
 public:
  explicit MemoryFile(std::string_view content) : descriptor_(::memfd_create("config", MFD_CLOEXEC)) {
    require(descriptor_ >= 0 && ::write(descriptor_, content.data(), content.size()) >= 0);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

Config load_file(std::string_view content, const kymo::MonitorOptions::Flags& flags = {}) {
  const MemoryFile file(content);
  return Config::load({.flags = flags, .environment = {}, .file = file.path()});
}

/// The settings without the comments, which name the sources.
std::string values(const Config& config) {
  std::string out;
  const std::string yaml = config.to_yaml();
  for (std::size_t start = 0; start < yaml.size();) {
    const std::size_t end = yaml.find('\n', start);
    const std::string_view line = std::string_view(yaml).substr(start, end - start);
    out += std::string(line.substr(0, line.find("  # "))) + "\n";
    start = end + 1;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end_of_file = input.find('\0');
  kymo::MonitorOptions::Flags flags;
  if (end_of_file != std::string_view::npos) {
    for (const auto& setting : Config::settings()) {
      flags.emplace_back(setting.name, input.substr(end_of_file + 1));
    }
  }
  const Config config = load_file(input.substr(0, end_of_file), flags);
  for (const std::string& error : config.errors())
    require(error.find_first_of("\n\r\x1b") == std::string::npos);
  (void)config.options();
  const Config again = load_file(config.to_yaml());
  require(again.errors().empty() && values(again) == values(config));
  return 0;
}
