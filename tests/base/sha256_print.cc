#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>

#include <kymo/base/sha256.h>

/// Prints the SHA-256 of each line of standard input, given in hex; for a comparison with another program.
int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    }
    for (const std::uint8_t byte : kymo::base::sha256(bytes)) std::printf("%02x", byte);
    std::printf("\n");
  }
}
