// Text on a grid: widths, what a terminal must not be told, and marks.
#include <kymo/terminal/canvas.h>

#include <clocale>
#include <cmath>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "src/terminal/small_charts.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

class CanvasTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr); }
};

std::string shown(std::string_view text, Alphabet alphabet = Alphabet::unicode, int width = 40) {
  Canvas canvas({width, 1}, alphabet);
  canvas.put(0, 0, text);
  return canvas.to_text();
}

TEST_F(CanvasTest, ShowsControlsInsteadOfSendingThem) {
  EXPECT_EQ(shown("a\x1b[31mb"), "a^[[31mb\n");
  EXPECT_EQ(shown(std::string_view("\0\r\n\t\x7f", 5)), "^@^M^J^I^?\n");
  EXPECT_EQ(shown("\xc2\x9b"
                  "2J"),
            "\uFFFD2J\n")
      << "C1 controls do the same";
  EXPECT_EQ(shown("a\u202eb\u200bc\u2028\ufeff"), "a\uFFFDb\uFFFDc\uFFFD\uFFFD\n");
  EXPECT_EQ(shown("\xff\xc3(\xed\xa0\x80\xf8"), "\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD\uFFFD\n") << "no UTF-8";
  EXPECT_EQ(shown("na\u00efve \u65e5", Alphabet::ascii), "na?ve ?\n");
}

TEST_F(CanvasTest, HidesTheCharactersThatThePageHides) {
  std::ifstream file(std::string(KYMO_GOLDEN) + "/characters.tsv");
  std::size_t ranges = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::string what;
    if (!(fields >> std::hex >> first >> last >> what)) continue;
    ++ranges;
    for (std::uint32_t c = first; c <= last; ++c) {
      std::string text;
      append_utf8(c, text);
      const char32_t found = cells_of(text, Alphabet::unicode).at(0).text[0];
      EXPECT_EQ(found, what == "hidden" ? U'\uFFFD' : what == "control" ? U'^' : char32_t{c}) << line;
    }
  }
  EXPECT_EQ(ranges, 20U);
}

TEST_F(CanvasTest, PutsOnlyWholeTexts) {
  Canvas canvas({12, 1}, Alphabet::unicode);
  const std::array<std::string, 3> texts = {"45%", " of 16 GiB", " x"};
  EXPECT_EQ(canvas.put_whole(0, 0, texts, Style::plain, 12), 3);
  EXPECT_EQ(canvas.to_text(), "45%\n");
}

TEST_F(CanvasTest, CountsColumnsOfWideAndCombiningCharacters) {
  EXPECT_EQ(width_of("\u65e5\u672c", Alphabet::unicode), 4);
  EXPECT_EQ(width_of("e\u0301", Alphabet::unicode), 1);
  EXPECT_EQ(shown("e\u0301x"), "e\u0301x\n");
  EXPECT_EQ(shown("e\u0301\u0301\u0301\u0301\u0301"), "e\u0301\u0301\n") << "as many as a cell holds";
}

TEST_F(CanvasTest, CutsWithoutHalfACharacter) {
  EXPECT_EQ(shown("\u65e5\u672c\u8a9e", Alphabet::unicode, 5), "\u65e5\u672c\u2026\n");
  EXPECT_EQ(shown("\u65e5\u672c\u8a9e", Alphabet::unicode, 4), "\u65e5 \u2026\n");
  EXPECT_EQ(shown("abcdef", Alphabet::ascii, 4), "abc~\n");
}

TEST_F(CanvasTest, LeavesNoHalfOfWhatIsOverwritten) {
  Canvas canvas({6, 1}, Alphabet::unicode);
  canvas.put(0, 0, "\u65e5\u672c\u8a9e");
  canvas.put(0, 1, "x");
  canvas.put(0, 4, "y");
  EXPECT_EQ(canvas.to_text(), " x\u672cy\n");
}

TEST_F(CanvasTest, PutsNothingOutside) {
  Canvas canvas({3, 1}, Alphabet::unicode);
  canvas.put(5, 0, "x");
  canvas.put(-1, 0, "x");
  canvas.put(0, 9, "x");
  canvas.put(0, -1, "ab");
  EXPECT_EQ(canvas.to_text(), "b\n");
}

TEST_F(CanvasTest, DrawsSparklinesAndBars) {
  Canvas canvas({8, 3}, Alphabet::unicode);
  const std::vector<double> values = {0, 1, std::nan(""), 4, 8};
  draw_sparkline(canvas, 0, 0, 8, values);
  draw_bar(canvas, 1, 0, 4, 0.5625);
  draw_bar(canvas, 2, 0, 4, std::nan(""));
  EXPECT_EQ(canvas.to_text(),
            "   \u2581\u2581 \u2584\u2588\n\u2588\u2588\u258E\u2500\n\u2500\u2500\u2500\u2500\n");
  Canvas ascii({8, 2}, Alphabet::ascii);
  draw_sparkline(ascii, 0, 0, 8, values);
  draw_bar(ascii, 1, 0, 4, 0.5);
  EXPECT_EQ(ascii.to_text(), "   __ -#\n##..\n");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::terminal
