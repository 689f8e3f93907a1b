#include "smuggling_cases.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace kymo::KYMO_ABI::net::test {
namespace {

std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    switch (text.at(++i)) {
      case 'r': out.push_back('\r'); break;
      case 'n': out.push_back('\n'); break;
      case 't': out.push_back('\t'); break;
      case '0': out.push_back('\0'); break;
      case '\\': out.push_back('\\'); break;
      case 'x':
        out.push_back(static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)));
        i += 2;
        break;
      default: throw std::runtime_error("unknown escape in " + text);
    }
  }
  return out;
}

SmugglingCase parse_line(const std::string& line) {
  std::istringstream in(line);
  SmugglingCase parsed;
  std::string outcome;
  in >> outcome;
  if (outcome == "ok") {
    parsed.status = 200;
    in >> parsed.answers;
  } else {
    parsed.status = std::stoi(outcome);
  }
  in >> parsed.name;
  if (!in) throw std::runtime_error("no case: " + line);
  // The bytes begin in a fixed column, so that a case may begin with a space.
  constexpr std::size_t kColumn = 32;
  parsed.bytes = unescape(line.substr(kColumn));
  return parsed;
}

}  // namespace

std::vector<SmugglingCase> load_smuggling_cases() {
  std::ifstream file(KYMO_SMUGGLING_CASES);
  if (!file) throw std::runtime_error("cannot read " KYMO_SMUGGLING_CASES);
  std::vector<SmugglingCase> cases;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.front() != '#') cases.push_back(parse_line(line));
  }
  return cases;
}

}  // namespace kymo::KYMO_ABI::net::test
