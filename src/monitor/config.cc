#include <kymo/monitor/config.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/core/names.h>
#include <kymo/log/file_sink.h>
#include <kymo/log/format.h>
#include <kymo/log/logger.h>

#include "access_token.h"
#include "config_file.h"
#include "config_print.h"
#include "config_schema.h"
#include "config_yaml.h"
#include "tls_files.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::string_view kPrefix = "KYMO_";
constexpr std::string_view kFileVariable = "KYMO_CONFIG";
constexpr std::size_t kMaxMessageBytes = 600;
/// A file of the wrong kind would give an error a line; this many tell enough.
constexpr std::size_t kMaxErrors = 50;

/// Values and what is wrong, while the sources are read one after the other, the weakest first.
class Loader final {
 public:
  Loader() {
    for (const Setting& setting : schema()) {
      settings_.push_back({default_value(setting), "default"});
    }
  }

  void read_file(const std::string& path);
  void read_environment(const std::vector<std::string>& environment);
  void read_flags(const MonitorOptions::Flags& flags);
  void read_defaults(const MonitorOptions::Flags& defaults);
  /// What only all sources together tell: the token in the file that they name, and whom they let in.
  void read_token();

  /// Whether the certificate and key that they name can be used, and the file to log to.
  void check_tls();
  void check_log_file();

  [[nodiscard]] std::vector<SourcedValue> take_settings() { return std::move(settings_); }
  [[nodiscard]] std::string take_token() { return std::move(token_); }
  [[nodiscard]] std::vector<std::string> take_errors() { return std::move(errors_); }
  [[nodiscard]] std::vector<std::string> take_warnings() { return std::move(warnings_); }

 private:
  void read_entry(const std::string& path, const YamlEntry& entry);
  void set(std::size_t index, const std::string& source, const std::string& place, const ParsedValue& value);
  void fail(const std::string& message) {
    if (errors_.size() == kMaxErrors) errors_.emplace_back("… and further errors");
    if (errors_.size() < kMaxErrors) errors_.push_back(shown(message));
  }
  void reset(std::string_view name) {
    const std::size_t index = find_setting(name);
    settings_[index] = {default_value(schema()[index]), "default"};
  }
  static std::string shown(const std::string& message) {
    return log::one_line(std::string_view(message).substr(0, kMaxMessageBytes));
  }

  std::vector<SourcedValue> settings_;
  std::string token_;
  std::map<std::size_t, std::size_t> lines_;  ///< of the settings that the file has had, by index
  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
};

std::vector<std::string> setting_names() {
  std::vector<std::string> names;
  for (const Setting& setting : schema()) names.emplace_back(setting.name);
  return names;
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& known) {
  // No name of ours is longer; comparing takes the square of the length.
  const std::string name = wrong.size() <= 64 ? nearest_name(wrong, known) : std::string();
  return name.empty() ? name : "; did you mean " + name + "?";
}

/// The settings of a section, for someone who gave the section itself a value; empty where there is no such
/// section.
std::string settings_below(std::string_view section) {
  std::string names;
  for (const Setting& setting : schema()) {
    if (!setting.name.starts_with(std::string(section) + ".")) continue;
    names += (names.empty() ? "" : ", ") + std::string(setting.name);
  }
  return names;
}

std::string unknown_setting(const std::string& name) {
  const std::string below = settings_below(name);
  if (!below.empty()) return " is a section; expected settings in it: " + below;
  return " is no setting" + did_you_mean(name, setting_names());
}

ParsedValue parse_yaml_value(const ValueDomain& domain, const YamlEntry& entry) {
  if (const auto* text = std::get_if<std::string>(&entry.value)) return parse_value(domain, *text);
  if (is_list(domain.type)) return parse_items(domain, std::get<std::vector<std::string>>(entry.value));
  return ValueError{"is a list; expected " + describe_domain(domain)};
}

/// Kubernetes gives every container KYMO_SERVICE_HOST, KYMO_PORT and the like where a service is called kymo.
bool is_service_link(std::string_view variable) {
  return variable.starts_with("KYMO_SERVICE_") || variable.starts_with("KYMO_PORT");
}

void Loader::set(std::size_t index, const std::string& source, const std::string& place,
                 const ParsedValue& value) {
  if (const auto* error = std::get_if<ValueError>(&value)) {
    fail(place + ": " + error->message);
  } else {
    settings_[index] = {std::get<SettingValue>(value), source};
  }
}

void Loader::read_entry(const std::string& path, const YamlEntry& entry) {
  const std::string place = path + ":" + std::to_string(entry.line);
  const std::size_t index = find_setting(entry.name);
  if (index == schema().size()) return fail(place + ": " + entry.name + unknown_setting(entry.name));
  const auto [first, is_new] = lines_.emplace(index, entry.line);
  if (!is_new) {
    return fail(place + ": " + entry.name + " is set twice; first in line " + std::to_string(first->second));
  }
  set(index, place, place + ": " + entry.name, parse_yaml_value(schema()[index].domain, entry));
}

void Loader::read_file(const std::string& path) {
  const auto content = read_config_file(path);
  if (const auto* error = std::get_if<FileError>(&content)) return fail(path + ": " + error->message);
  const YamlSettings settings = read_yaml_settings(std::get<std::string>(content));
  for (const YamlEntry& entry : settings.entries) read_entry(path, entry);
  for (const YamlError& error : settings.errors) {
    fail(path + (error.line == 0 ? "" : ":" + std::to_string(error.line)) + ": " + error.message);
  }
}

void Loader::read_environment(const std::vector<std::string>& environment) {
  std::vector<std::string> names;
  for (const Setting& setting : schema()) names.push_back(environment_name(setting.name));
  for (const std::string& variable : environment) {
    const std::size_t equals = variable.find('=');
    if (!variable.starts_with(kPrefix) || equals == std::string::npos) continue;
    // As a shell's ${NAME:-} and a container's `NAME: ${NAME}` leave it where nothing was set.
    if (base::trim(std::string_view(variable).substr(equals + 1), base::kWhitespace).empty()) continue;
    const std::string name = variable.substr(0, equals);
    if (name == kFileVariable || is_service_link(name)) continue;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      warnings_.push_back(
          shown("environment " + name + " is no setting and has no effect" + did_you_mean(name, names)));
      continue;
    }
    const auto index = static_cast<std::size_t>(found - names.begin());
    const std::string source = "environment " + name;
    set(index, source, source,
        parse_value(schema()[index].domain, std::string_view(variable).substr(equals + 1)));
  }
}

void Loader::read_flags(const MonitorOptions::Flags& flags) {
  for (const auto& [name, text] : flags) {
    const std::size_t index = find_setting(name);
    const std::string flag = flag_name(name);
    if (index == schema().size()) {
      fail(flag + unknown_setting(name));
    } else {
      set(index, flag, flag, parse_value(schema()[index].domain, text));
    }
  }
}

void Loader::read_defaults(const MonitorOptions::Flags& defaults) {
  for (const auto& [name, text] : defaults) {
    const std::size_t index = find_setting(name);
    if (index != schema().size()) set(index, "default", name, parse_value(schema()[index].domain, text));
  }
}

Settings applied(const std::vector<SourcedValue>& settings) {
  std::vector<SettingValue> values;
  for (const SourcedValue& setting : settings) values.push_back(setting.value);
  return apply(values);
}

void Loader::read_token() {
  const SourcedValue& file = settings_[find_setting("web.token_file")];
  const auto& path = std::get<std::string>(file.value);
  bool has_failed = false;
  if (!path.empty()) {
    auto token = read_token_file(path);
    if (const auto* error = std::get_if<TokenError>(&token)) {
      fail(file.source + ": " + error->message);
      reset("web.token_file");
      has_failed = true;
    } else {
      token_ = std::get<std::string>(std::move(token));
      if (const auto exposed = exposure_warning(path)) warnings_.push_back(shown(*exposed));
    }
  }
  MonitorOptions options = applied(settings_).monitor;
  options.access.token = token_;
  if (const auto fault = access_fault(options)) {
    // That there is no token has been said, if there should be one.
    if (!has_failed) fail(*fault);
    reset("listen");
  }
}

/// Without TLS, what was meant to be encrypted must not be served to others in clear.
void Loader::check_tls() {
  const auto result = read_tls_files(applied(settings_).monitor.access.tls);
  const auto* error = std::get_if<TlsFileError>(&result);
  if (error == nullptr) return;
  const bool is_key = error->part == net::TlsError::Part::key;
  const std::string& source =
      settings_[find_setting(is_key ? "web.tls.key_file" : "web.tls.certificate_file")].source;
  fail((source == "default" ? "" : source + ": ") + error->message);
  for (const char* name : {"web.tls.certificate_file", "web.tls.key_file", "listen"}) reset(name);
}

void Loader::check_log_file() {
  const SourcedValue& file = settings_[find_setting("log.file")];
  const auto& path = std::get<std::string>(file.value);
  if (path.empty()) return;
  if (const auto fault = log::log_file_fault(path)) {
    fail(file.source + ": " + *fault);
    reset("log.file");
  }
}

std::string variable_in(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& variable : environment) {
    if (!variable.starts_with(std::string(name) + "=")) continue;
    const std::string_view value = std::string_view(variable).substr(name.size() + 1);
    return std::string(base::trim(value, base::kWhitespace).empty() ? std::string_view() : value);
  }
  return {};
}

}  // namespace

struct Config::State {
  std::vector<SourcedValue> settings;
  std::string token;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

std::vector<std::string> ConfigSources::process_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    if (std::string_view(*variable).starts_with(kPrefix)) variables.emplace_back(*variable);
  }
  return variables;
}

Config Config::load(const ConfigSources& sources) {
  Loader loader;
  const std::string file =
      sources.file.empty() ? variable_in(sources.environment, kFileVariable) : sources.file;
  loader.read_defaults(sources.defaults);
  if (!file.empty()) loader.read_file(file);
  loader.read_environment(sources.environment);
  loader.read_flags(sources.flags);
  loader.read_token();
  loader.check_tls();
  loader.check_log_file();
  return Config(std::make_shared<const State>(
      State{loader.take_settings(), loader.take_token(), loader.take_errors(), loader.take_warnings()}));
}

const std::vector<std::string>& Config::errors() const noexcept { return state_->errors; }
const std::vector<std::string>& Config::warnings() const noexcept { return state_->warnings; }

MonitorOptions Config::options() const {
  MonitorOptions options = applied(state_->settings).monitor;
  options.access.token = state_->token;
  options.log.sink = log_sink(options.log);
  return options;
}

std::string Config::value(std::string_view name) const {
  const std::size_t index = find_setting(name);
  return index == schema().size() ? "" : print_value(schema()[index].domain, state_->settings[index].value);
}

ProbeSettings Config::probes() const { return applied(state_->settings).probe; }

std::vector<std::string> Config::settings_to_restart_for(const Config& running) const {
  return monitor::settings_to_restart_for(applied(running.state_->settings), applied(state_->settings));
}

std::string Config::to_yaml() const { return print_config(state_->settings); }

std::span<const SettingInfo> Config::settings() {
  static const std::vector<SettingInfo> infos = [] {
    std::vector<SettingInfo> made;
    for (const Setting& setting : schema()) {
      made.push_back({setting.name, flag_name(setting.name), environment_name(setting.name),
                      print_value(setting.domain, default_value(setting)), describe_domain(setting.domain),
                      setting.help, setting.domain.type == SettingType::boolean,
                      setting.on_reload != OnReload::restart});
    }
    return made;
  }();
  return infos;
}

}  // namespace kymo::KYMO_ABI::monitor

namespace kymo::KYMO_ABI {

MonitorOptions MonitorOptions::from_environment(const Flags& flags) {
  const auto config = monitor::Config::load(
      {.flags = flags, .environment = monitor::ConfigSources::process_environment(), .file = {}});
  if (!config.errors().empty()) {
    std::string all;
    for (const std::string& error : config.errors()) all += (all.empty() ? "" : "\n") + error;
    throw ConfigError(all);
  }
  MonitorOptions options = config.options();
  const log::Logger logger(options.log.sink, options.log.level);
  for (const std::string& warning : config.warnings()) logger.warning(warning);
  return options;
}

}  // namespace kymo::KYMO_ABI
