#include "command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>
#include <utility>

#include <kymo/base/duration.h>
#include <kymo/core/names.h>

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr std::size_t kMostQuoted = 64;

void complain_about_unknown(const CLI::App& app, const std::string& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  for (const std::string& argument : app.remaining()) {
    const std::string name = argument.substr(0, std::min(argument.find('='), kMostQuoted));
    const std::string meant = name.starts_with("-") ? nearest_name(name, flags) : std::string();
    std::string message = command;
    message.append(": \"").append(name).append("\" is no option; ");
    if (meant.empty()) {
      message.append("`kymo ").append(command).append(" --help` lists them");
    } else {
      message.append("did you mean ").append(meant).append("?");
    }
    complain(message);
  }
}

/// The library's help, with our own usage line.
std::string help_text(const CLI::App& app, std::string_view usage) {
  std::string text = app.help();
  const std::size_t begin = text.find("\nUsage: ");
  const std::size_t end = begin == std::string::npos ? begin : text.find('\n', begin + 1);
  if (end != std::string::npos)
    text.replace(begin, end - begin, "\n\nUsage: " + app.get_name() + " " + std::string(usage));
  std::size_t gap = 0;
  while ((gap = text.find("\n\n\n", gap)) != std::string::npos) text.erase(gap, 1);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

/// Splits `--name=` into `--name` and an empty value: the library would take the next word as the value.
Arguments with_empty_values(const Arguments& arguments, const CLI::App& app) {
  Arguments words;
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    if (*word == "--") {
      words.insert(words.end(), word, arguments.end());
      break;
    }
    const std::string name = word->ends_with('=') ? word->substr(0, word->size() - 1) : std::string();
    const CLI::Option* const option = name.starts_with("--") ? app.get_option_no_throw(name) : nullptr;
    if (option != nullptr && option->get_items_expected_max() > 0) {
      words.insert(words.end(), {name, std::string()});
    } else {
      words.push_back(*word);
    }
  }
  return words;
}

/// Parses one number, perhaps with a fraction, and its unit.
std::optional<std::chrono::milliseconds> read_fraction(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 5> kUnits = {
      {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}}};
  constexpr double kMost = 1e15;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, factor] : kUnits) {
    const double ms = number * factor;
    if (error == std::errc() && unit == name && ms >= 0 && ms < kMost) {
      return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
    }
  }
  return std::nullopt;
}

}  // namespace

bool read_command_line(CLI::App& app, const Arguments& arguments, int& exit_code, std::string_view usage) {
  const std::string command = app.get_name().substr(app.get_name().find(' ') + 1);
  exit_code = kBadUsage;
  try {
    const Arguments words = with_empty_values(arguments, app);
    app.parse(Arguments(words.rbegin(), words.rend()));
    return true;
  } catch (const CLI::CallForHelp&) {
    std::cout << help_text(app, usage);
    exit_code = kSuccess;
  } catch (const CLI::ExtrasError&) {
    complain_about_unknown(app, command);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    complain(command + ": " + text.substr(0, text.find(':')) + ": expected once, with one value");
  } catch (const CLI::ParseError& error) {
    complain(command + ": " + error.what());
  }
  return false;
}

std::optional<std::chrono::milliseconds> read_time(std::string_view text, std::chrono::milliseconds least,
                                                   std::chrono::milliseconds most) {
  auto time = base::parse_duration(text);
  if (!time) time = read_fraction(text);
  return time && *time >= least && *time <= most ? time : std::nullopt;
}

std::optional<std::string> read_file(const std::string& path, std::string_view command) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.is_open() && !file.bad()) return text;
  complain(std::string(command) + ": " + path + ": cannot be read: " + std::strerror(errno));
  return std::nullopt;
}

}  // namespace kymo::KYMO_ABI::cli
