#include <kymo/probe/target_list.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <stdexcept>
#include <system_error>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::probe {
namespace {

constexpr std::size_t kMostTargets = 256;
constexpr std::size_t kMostListBytes = 1UL << 20;
constexpr std::size_t kLongestTargetName = 64;

std::string_view without_comment(std::string_view line) noexcept {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || base::kWhitespace.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  }
  return line;
}

NamedTarget parse_line(std::string_view line) {
  // After the scheme, a `=` belongs to the target itself.
  const std::size_t equals = line.substr(0, line.find("://")).find('=');
  if (equals == std::string_view::npos) {
    Target target = Target::parse(line);
    std::string name = target.to_string();
    return {std::move(name), std::move(target)};
  }
  const std::string_view name = base::trim(line.substr(0, equals), base::kWhitespace);
  if (!is_target_name(name))
    throw std::invalid_argument("the name before \"=\" is not 1 to 64 letters, digits and ._-");
  return {std::string(name), Target::parse(base::trim(line.substr(equals + 1), base::kWhitespace))};
}

}  // namespace

bool is_target_name(std::string_view text) noexcept {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !text.empty() && text.size() <= kLongestTargetName &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::vector<NamedTarget> parse_target_list(std::string_view text, std::string_view file) {
  std::vector<NamedTarget> targets;
  std::map<std::string, std::size_t> lines_of;
  std::size_t number = 0;
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument(std::string(file) + ":" + std::to_string(number) + ": " + why);
  };
  while (!text.empty()) {
    ++number;
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view content = base::trim(without_comment(line), base::kWhitespace);
    if (content.empty()) continue;
    if (targets.size() == kMostTargets) refuse("more than " + std::to_string(kMostTargets) + " targets");
    try {
      targets.push_back(parse_line(content));
    } catch (const std::invalid_argument& error) {
      refuse(error.what());
    }
    const auto [known, is_new] = lines_of.emplace(targets.back().name, number);
    if (!is_new)
      refuse("the name \"" + known->first + "\" is there already, in line " + std::to_string(known->second));
  }
  return targets;
}

std::vector<NamedTarget> read_target_list(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string text(kMostListBytes + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in && !in.eof()))
    throw std::runtime_error(file + ": cannot be read: " + std::generic_category().message(errno));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMostListBytes) throw std::runtime_error(file + ": is longer than 1 MiB");
  return parse_target_list(text, file);
}

}  // namespace kymo::KYMO_ABI::probe
