#include "millrace/core/manual.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using testing::EndsWith;

TEST(ManualPage, IsWrittenInMansLanguage) {
  ManualPage page("tool", 8, "tool 1.0", "Volume");
  page.heading("NAME");
  page.paragraph("tool - does it");
  page.item("--flag", "VALUE", "What it does.");
  page.example("a  b\n.c");
  EXPECT_EQ(page.text(),
            ".TH TOOL 8 \"\" \"tool 1.0\" \"Volume\"\n.nh\n"
            ".SH NAME\n"
            ".PP\ntool \\- does it\n"
            ".TP\n\\fB\\-\\-flag\\fR \\fIVALUE\\fR\nWhat it does.\n"
            ".PP\n.nf\na  b\n\\&.c\n.fi\n");
}

TEST(ManualPage, TakesNoTextForARequest) {
  ManualPage page("tool", 1, "1", "v");
  page.paragraph(".SH in a text, 'quoted' and a \\ too");
  EXPECT_THAT(page.text(), EndsWith(".PP\n\\&.SH in a text, 'quoted' and a \\e too\n"));
  page.subheading("say \"it\"");
  EXPECT_THAT(page.text(), EndsWith(".SS \"say \\(dqit\\(dq\"\n"));
}

}  // namespace
}  // namespace millrace
