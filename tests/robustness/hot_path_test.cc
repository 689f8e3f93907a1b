// The machine code of a record, as the user's compiler inlines it: no call, no lock, no other way to wait.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/robustness/child_process.h"

namespace kymo::robustness {
namespace {

using testing::HasSubstr;

struct Instruction {
  std::string mnemonic;
  std::string operands;
  bool leaves = false;  ///< has a relocation against a function: it goes elsewhere
};
/// By address.
using Function = std::map<unsigned long, Instruction>;

bool is_jump(const Instruction& i) { return i.mnemonic.starts_with("j"); }
bool is_return(const Instruction& i) { return i.mnemonic.starts_with("ret"); }
bool is_call(const Instruction& i) { return i.mnemonic.starts_with("call"); }

// A line is `  address:<tab>mnemonic operands`; a relocation stands on a line of its own behind it.
void add_line(const std::string& line, Function& function) {
  const auto tab = line.find(":\t");
  if (line.find("R_X86_64_") != std::string::npos) {
    const bool code =
        line.find("PLT32") != std::string::npos || line.find("PC32\t.text") != std::string::npos;
    if (code && !function.empty()) function.rbegin()->second.leaves = true;
    return;
  }
  if (tab == std::string::npos) return;
  std::istringstream text(line.substr(tab + 2));
  Instruction instruction;
  text >> instruction.mnemonic;
  std::getline(text >> std::ws, instruction.operands);
  function[std::stoul(line.substr(0, tab), nullptr, 16)] = instruction;
}

Function disassembled(const std::string& name) {
  const Ending ending =
      run_program({"/usr/bin/objdump", "-d", "-r", "-C", "--no-show-raw-insn", KYMO_HOT_PATH}, {},
                  std::chrono::seconds(30));
  Function function;
  bool inside = false;
  std::istringstream lines(ending.output);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(">:")) {
      inside = line.find(name + "(") != std::string::npos;
    } else if (inside) {
      add_line(line, function);
    }
  }
  return function;
}

/// Writes what is recorded: not onto the stack.
bool writes(const Instruction& i) {
  const bool changes = i.mnemonic.starts_with("add") || i.mnemonic.starts_with("sub") ||
                       i.mnemonic.starts_with("inc") || i.mnemonic.starts_with("cmpxchg") ||
                       i.mnemonic.starts_with("mov");
  return changes && i.operands.ends_with(")") && !i.operands.ends_with("(%rsp)");
}

std::vector<unsigned long> after(const Function& function, Function::const_iterator at) {
  std::vector<unsigned long> addresses;
  const Instruction& instruction = at->second;
  if (is_call(instruction) || is_return(instruction)) return addresses;
  if (is_jump(instruction) && !instruction.leaves) {
    addresses.push_back(std::stoul(instruction.operands, nullptr, 16));
  }
  const auto next = std::next(at);
  if (instruction.mnemonic != "jmp" && next != function.end()) addresses.push_back(next->first);
  return addresses;
}

/// Whether one can go from the function's begin to a return, record on the way, and call nothing.
bool records_without_call(const Function& function) {
  using Place = std::pair<unsigned long, bool>;  // address, and whether the record is made
  std::vector<Place> reached{{function.begin()->first, false}};
  std::set<Place> seen(reached.begin(), reached.end());
  while (!reached.empty()) {
    auto [address, recorded] = reached.back();
    reached.pop_back();
    const auto at = function.find(address);
    if (at == function.end()) continue;
    if (is_return(at->second) && recorded) return true;
    recorded = recorded || writes(at->second);
    for (const unsigned long next : after(function, at)) {
      if (seen.emplace(next, recorded).second) reached.emplace_back(next, recorded);
    }
  }
  return false;
}

class HotPath : public testing::TestWithParam<std::string> {};

TEST_P(HotPath, HasNoLockAndNoCallOnItsWay) {
  const Function function = disassembled(GetParam());
  ASSERT_GT(function.size(), 5U) << "objdump shows no such function in " KYMO_HOT_PATH;
  for (const auto& [address, instruction] : function) {
    EXPECT_THAT(instruction.mnemonic, testing::Not(HasSubstr("lock"))) << "at " << address;
    const bool pads = instruction.operands == "%ax,%ax";  // two bytes that do nothing
    EXPECT_TRUE(pads || instruction.mnemonic != "xchg") << "which locks, said or not, at " << address;
    EXPECT_NE(instruction.mnemonic, "mfence") << "at " << address;
    EXPECT_NE(instruction.mnemonic, "syscall") << "at " << address;
  }
  EXPECT_TRUE(records_without_call(function));
}

INSTANTIATE_TEST_SUITE_P(Of, HotPath,
                         testing::Values("hot_counter", "hot_gauge", "hot_up_down_counter",
                                         "hot_double_counter", "hot_histogram"));

// One instruction does the addition: a signal handler cannot come between its load and its store.
TEST(HotPath, OfACounterAddsInOneInstruction) {
  const Function function = disassembled("hot_counter");
  ASSERT_FALSE(function.empty());
  int writing = 0;
  for (const auto& [address, instruction] : function) writing += writes(instruction) ? 1 : 0;
  EXPECT_EQ(writing, 1);
  EXPECT_LT(function.size(), 40U) << "it is inlined everywhere";
}

}  // namespace
}  // namespace kymo::robustness
