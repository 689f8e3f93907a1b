#include "command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>

#include <kymo/core/names.h>

namespace kymo::cli {
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

}  // namespace

bool read_command_line(CLI::App& app, const Arguments& arguments, int& exit_code) {
  const std::string command = app.get_name().substr(app.get_name().find(' ') + 1);
  exit_code = kBadUsage;
  try {
    app.parse(Arguments(arguments.rbegin(), arguments.rend()));
    return true;
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
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

}  // namespace kymo::cli
