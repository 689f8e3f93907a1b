// A file of targets, whatever is in it: each that is read has a name of its own and is read again from what
// it prints; what is wrong is told with the file's name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include <kymo/probe/target_list.h>

namespace {

namespace probe = kymo::probe;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto targets = probe::parse_target_list({reinterpret_cast<const char*>(data), size}, "list");
    std::set<std::string> names;
    for (const auto& [name, target] : targets) {
      require(names.insert(name).second);
      require(probe::Target::parse(target.to_string()) == target);
    }
  } catch (const std::invalid_argument& error) {
    require(std::string_view(error.what()).starts_with("list:"));
  }
  return 0;
}
