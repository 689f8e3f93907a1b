#include <map>
#include <string>
#include <vector>

#include <kymo/base/utf8.h>
#include <kymo/profile/report.h>

namespace kymo::KYMO_ABI::profile {
namespace {

/// Always valid UTF-8: readers refuse a whole file for one bad byte.
std::string frame(const std::string& name) {
  std::string text = base::to_utf8(name);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ';') c = ':';
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  return text.empty() ? "(unnamed)" : text;
}

}  // namespace

std::string to_folded(const Report& report) {
  // A flame graph takes threads of one name as one.
  std::map<std::string, std::chrono::nanoseconds> stacks;
  for (const ThreadFigures& thread : report.threads) {
    std::vector<std::string> stack_of;
    for (const PathFigures& path : thread.paths) {
      const std::string outer = path.caller == PathFigures::kTop ? frame(thread.name) : stack_of[path.caller];
      stack_of.push_back(outer + ";" + frame(path.name));
      stacks[stack_of.back()] += path.self;
    }
  }
  std::string out;
  for (const auto& [stack, self] : stacks) {
    const auto microseconds = std::chrono::round<std::chrono::microseconds>(self).count();
    if (microseconds > 0) out.append(stack).append(" ").append(std::to_string(microseconds)).append("\n");
  }
  return out;
}

}  // namespace kymo::KYMO_ABI::profile
