#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "profiler.h"
#include "site_table.h"

namespace kymo::profile {
namespace {

TEST(QualifiedName, LeavesOutWhatIsNotTheName) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"int main()", "main"},
      {"main", "main"},
      {"", ""},
      {"void room::Room::mix(int, std::vector<int>) const", "room::Room::mix"},
      {"room::Room::Room(int)", "room::Room::Room"},
      {"static std::vector<std::pair<int, int> > a::B<T>::c(T&&) [with T = int (*)(int)]", "a::B<T>::c"},
      {"const char *ns::text(const char *)", "ns::text"},
      {"bool A::operator()(int) const", "A::operator()"},
      {"bool ns::operator<(const A&, const A&)", "ns::operator<"},
      {"A::operator bool() const", "A::operator bool"},
      {"void ns::{anonymous}::f(int)", "ns::{anonymous}::f"},
      {"void ns::(anonymous namespace)::f(int)", "ns::(anonymous namespace)::f"},
      {"ns::f(int)::<lambda(auto:1)> [with auto:1 = int]", "ns::f(int)::<lambda(auto:1)>"},
      {"auto ns::f(int)::(anonymous class)::operator()(int) const",
       "ns::f(int)::(anonymous class)::operator()"},
      {"void f() [T = int]", "f"},
      {")(", ")("},
      {"a) b(", "a) b("},
  };
  for (const auto& [function, name] : cases) EXPECT_EQ(qualified_name(function), name) << function;
}

TEST(SiteTable, OneNameIsOneNumber) {
  const auto number_of = [](std::string_view name) {
    const StructureChange change;
    return number_of_site(name);
  };
  const std::string long_name(1000, 'x');
  const std::uint32_t a = number_of("a name");
  EXPECT_EQ(number_of(std::string("a name")), a);
  EXPECT_NE(number_of("another name"), a);
  EXPECT_EQ(name_of_site(a), "a name");
  EXPECT_EQ(name_of_site(number_of(long_name)), long_name.substr(0, 500));
  EXPECT_EQ(name_of_site(number_of("")), "");
  std::string characters = "x";
  while (characters.size() < 1000) characters += "語";
  EXPECT_EQ(name_of_site(number_of(characters)), characters.substr(0, 499)) << "no half of a character";
}

}  // namespace
}  // namespace kymo::profile
