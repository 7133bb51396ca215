#include "flowstone/store/object_key.h"

#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::store {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;

TEST(KeyComponent, KeepsOrdinaryNames) {
  for (const std::string name : {"HelloFlow", "_parameters", "1795336457223000", "argo-x.2+b"}) {
    EXPECT_EQ(KeyComponent(name), name);
  }
}

TEST(KeyComponent, EscapesEverythingElse) {
  EXPECT_EQ(KeyComponent("Flüß"), "Fl=C3=BC=C3=9F");
  EXPECT_EQ(KeyComponent(".."), "=2E.");
  EXPECT_EQ(KeyComponent("a/b"), "a=2Fb");
  EXPECT_EQ(KeyComponent("a=b"), "a=3Db");
}

TEST(KeyComponent, IsAValidKeyAndComesBackForEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string(1, static_cast<char>(byte)) + "x";
    EXPECT_THAT(ValidateKey(KeyComponent(text)), IsOk());
    EXPECT_THAT(TextOfKeyComponent(KeyComponent(text)), IsOkAndHolds(text));
  }
}

TEST(KeyComponent, HasOneSpelling) {
  for (const std::string component : {"", "=", "=4", "=zz", "=41", "=c3", "a=", ".a"}) {
    EXPECT_THAT(TextOfKeyComponent(component), HasCode(ErrorCode::kInvalid)) << component;
  }
}

TEST(ContentKey, FansOutByTheFirstTwoDigits) {
  const Digest digest = Digest::Of("");
  EXPECT_EQ(ContentKey("art", digest),
            "art/e3/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace flowstone::store
