#include "flowstone/resolve/tag_text.h"

#include <gtest/gtest.h>

namespace flowstone::resolve {
namespace {

TEST(TagText, InterpretersAreNamed) {
  EXPECT_EQ(InterpreterText("cp310", "cp310"), "CPython 3.10");
  EXPECT_EQ(InterpreterText("cp39", "abi3"), "CPython 3.9 or later");
  EXPECT_EQ(InterpreterText("cp313", "cp313t"), "free-threaded CPython 3.13");
  EXPECT_EQ(InterpreterText("pp39", "pypy39_pp73"), "PyPy 3.9");
  EXPECT_EQ(InterpreterText("py2", "none"), "Python 2");
  EXPECT_EQ(InterpreterText("graalpy311", "none"), "graalpy311");
}

TEST(TagText, PlatformsAreNamed) {
  EXPECT_EQ(PlatformText("manylinux_2_17_x86_64"), "Linux x86_64");
  EXPECT_EQ(PlatformText("manylinux2014_aarch64"), "Linux aarch64");
  EXPECT_EQ(PlatformText("musllinux_1_2_x86_64"), "Linux x86_64 with musl");
  EXPECT_EQ(PlatformText("macosx_11_0_arm64"), "macOS arm64");
  EXPECT_EQ(PlatformText("win_amd64"), "Windows x86_64");
  EXPECT_EQ(PlatformText("emscripten_3_1_58_wasm32"), "emscripten_3_1_58_wasm32");
}

TEST(TagText, GlibcIsReadFromOldAndNewNames) {
  EXPECT_EQ(GlibcOf("manylinux_2_39_x86_64")->ToString(), "2.39");
  EXPECT_EQ(GlibcOf("manylinux2014_x86_64")->ToString(), "2.17");
  EXPECT_EQ(GlibcOf("musllinux_1_2_x86_64"), std::nullopt);
}

TEST(TagText, OnlyTagsOfOneCPythonHaveItsVersion) {
  EXPECT_EQ(CPythonOf("cp310")->ToString(), "3.10");
  EXPECT_EQ(CPythonOf("cp3"), std::nullopt);
  EXPECT_EQ(CPythonOf("py3"), std::nullopt);
}

}  // namespace
}  // namespace flowstone::resolve
