#include "flowstone/pypi/entry_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::testing::HasSubstr;

TEST(EntryPoints, ReadsGroups) {
  const EntryPoints points = *EntryPoints::Parse(
      "# made by hand\n[console_scripts]\nfoo = foo.cli:main [color]  ; old extras\n\n"
      "[ plugins ]\nany = whatever it says\n[gui_scripts]\n  foo-gui=foo.gui:App.run\n");
  ASSERT_EQ(points.console_scripts.size(), 1U);
  const Script& script = points.console_scripts[0];
  EXPECT_EQ(script.name, "foo");
  EXPECT_EQ(script.target.module, "foo.cli");
  EXPECT_EQ(script.target.attribute, "main");
  ASSERT_EQ(script.target.extras.size(), 1U);
  ASSERT_EQ(points.gui_scripts.size(), 1U);
  EXPECT_EQ(points.gui_scripts[0].target.ImportedName(), "App");
  ASSERT_EQ(points.all.size(), 3U);
  EXPECT_EQ(points.all[1], (EntryPoint{"plugins", "any", "whatever it says"}));
}

TEST(EntryPoints, TheLastOfRepeatedNamesCounts) {
  const EntryPoints points =
      *EntryPoints::Parse("[console_scripts]\na = one:main\nb = b:main\na = two:main\n");
  ASSERT_EQ(points.console_scripts.size(), 2U);
  EXPECT_EQ(points.console_scripts[0].target.module, "two");
  EXPECT_EQ(points.all.size(), 2U);
}

TEST(EntryPoints, NamesThatAreNoFileNamesAreRefused) {
  const std::string control = {'a', '\x01', 'b'};
  const std::vector<std::string> names = {"../evil", "a/b", "a\\b", ".", "..", control};
  for (const std::string& name : names) {
    EXPECT_THAT(EntryPoints::Parse("[console_scripts]\n" + name + " = m:f\n"),
                HasMessage(HasSubstr("cannot be the name of a script")))
        << name;
  }
  EXPECT_TRUE(EntryPoints::Parse("[console_scripts]\nmy tool-1.2 = m:f\n"));
}

TEST(EntryPoints, ReferencesThatAreNoNamesAreRefused) {
  const std::vector<std::string> values = {"m",      "m:",     ":f",    "m:f()",          "m;x:f",
                                           "m..n:f", "m:f.",   "m:f\"", "os:system('x')", "1m:f",
                                           "m:f [x", "m:f x]", "m-n:f"};
  for (const std::string& value : values) {
    EXPECT_THAT(EntryPoints::Parse("[console_scripts]\na = " + value + "\n"),
                HasMessage(HasSubstr("is not a reference to a Python object")))
        << value;
  }
}

TEST(EntryPoints, ErrorsNameTheLine) {
  EXPECT_THAT(EntryPoints::Parse("[g]\n\nnonsense\n"), HasMessage(HasSubstr("in line 3 of")));
  EXPECT_THAT(EntryPoints::Parse("a = b\n"), HasMessage(HasSubstr("is in no group")));
  EXPECT_THAT(EntryPoints::Parse("[g]\n= b\n"), HasCode(ErrorCode::kInvalid));
}

TEST(ObjectReference, AModuleAloneIsOne) {
  const ObjectReference reference = *ObjectReference::Parse(" package.module ");
  EXPECT_EQ(reference.module, "package.module");
  EXPECT_EQ(reference.attribute, "");
}

}  // namespace
}  // namespace flowstone::pypi
