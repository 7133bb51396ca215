#include "flowstone/project/script_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::project {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;

Result<std::optional<ScriptMetadata>> Parse(const std::string& text) {
  return ParseScriptMetadata(text, "job.py", "/work");
}

TEST(ScriptMetadataTest, ABlockOfCommentsIsADocument) {
  const auto script = Parse(
      "#!/usr/bin/env python3\n# /// script\n# requires-python = \">=3.11\"\n#\n# dependencies = "
      "[\n"
      "#   \"requests<3\",\n# ]\n# [tool.uv]\n# exclude-newer = \"2026-01-01\"\n# ///\nimport x\n");
  ASSERT_THAT(script, IsOk());
  ASSERT_TRUE(script->has_value());
  EXPECT_EQ((*script)->requires_python.ToString(), ">=3.11");
  EXPECT_EQ((*script)->dependencies.at(0).ToString(), "requests<3");
  EXPECT_EQ((*script)->dependencies.at(0).source.ToString(), "job.py:6");
  EXPECT_EQ((*script)->uv.exclude_newer, "2026-01-01");
}

TEST(ScriptMetadataTest, MostFilesHaveNone) {
  for (const std::string text : {"import x\n", "# /// script\n# dependencies = []\nprint()\n",
                                 "# /// other\n# a = 1\n# ///\n", "#/// script\n# ///\n"}) {
    const auto script = Parse(text);
    ASSERT_THAT(script, IsOk());
    EXPECT_FALSE(script->has_value()) << text;
  }
}

TEST(ScriptMetadataTest, TheLastFenceOfARunOfCommentsClosesTheBlock) {
  const auto script =
      Parse("# /// script\n# x = '''\n# ///\n# '''\n# dependencies = ['a']\n# ///\n# # /// more\n");
  ASSERT_THAT(script, IsOk());
  ASSERT_TRUE(script->has_value());
  EXPECT_EQ((*script)->dependencies.size(), 1U);
}

TEST(ScriptMetadataTest, AFileHasOneBlock) {
  const auto script = Parse("# /// script\n#\n# ///\n\n# /// script\n#\n# ///\n");
  ASSERT_THAT(script, HasCode(ErrorCode::kInvalid));
  EXPECT_EQ(script.error().message, "job.py:5: there is a second block of type script");
}

TEST(ScriptMetadataTest, ErrorsNameTheLineOfTheFile) {
  const auto script = Parse("\n\n# /// script\n# dependencies = ['a b']\n# ///\n");
  ASSERT_THAT(script, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(script.error().message, HasSubstr("job.py:4: expected"));
}

TEST(ScriptMetadataTest, LinesMayEndAsOnWindows) {
  const auto script = Parse("# /// script\r\n# dependencies = ['a']\r\n# ///\r\n");
  ASSERT_THAT(script, IsOk());
  EXPECT_TRUE(script->has_value());
}

}  // namespace
}  // namespace flowstone::project
