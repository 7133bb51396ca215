#include "flowstone/net/redact.h"

#include <gtest/gtest.h>

#include "flowstone/net/secret.h"

namespace flowstone::net {
namespace {

TEST(RedactTextTest, HidesPasswordsAndTokens) {
  EXPECT_EQ(RedactText("https://user:canary@a.example/x"), "https://user:****@a.example/x");
  EXPECT_EQ(RedactText("https://canary@a.example/x"), "https://****@a.example/x");
  EXPECT_EQ(RedactText("https://user:@a.example/"), "https://user:****@a.example/");
  EXPECT_EQ(RedactText("cannot reach 'http://u:canary@a:80/': refused (s3://k:canary@b)"),
            "cannot reach 'http://u:****@a:80/': refused (s3://k:****@b)");
}

TEST(RedactTextTest, HidesPasswordsThatWereNotEscaped) {
  EXPECT_EQ(RedactText("https://user:ca@nary@a.example/x"), "https://user:****@a.example/x");
  EXPECT_EQ(RedactText("https://user:ca/na?ry@a.example/x"), "https://user:****@a.example/x");
  EXPECT_EQ(RedactText("https://user:ca'nary@a.example/x"), "https://user:****@a.example/x");
}

TEST(RedactTextTest, HidesSecretsInQueries) {
  EXPECT_EQ(RedactText("https://a/x?id=1&X-Amz-Signature=canary&n=2#f"),
            "https://a/x?id=1&X-Amz-Signature=****&n=2#f");
  EXPECT_EQ(RedactText("https://a/x?token=canary then"), "https://a/x?token=**** then");
}

TEST(RedactTextTest, LeavesEverythingElse) {
  for (const std::string text :
       {"", "no URL here", "https://a.example:8080/@scope/pkg", "mail a@b.example: x://",
        "https://[::1]:80/a@b", "https://a/x?page=2&tokens=3", "a://b"}) {
    EXPECT_EQ(RedactText(text), text);
  }
}

TEST(RedactTextTest, RedactingTwiceChangesNothing) {
  const std::string once = RedactText("https://u:canary@a/?r=http://canary@b/&token=canary");
  EXPECT_EQ(once, "https://u:****@a/?r=http://****@b/&token=****");
  EXPECT_EQ(RedactText(once), once);
}

TEST(RedactTextTest, ASecretInTheAuthorityEndsWithIt) {
  const std::string once = RedactText("https://u:canary@a&sig=canary/b&r:c@d");
  EXPECT_EQ(once, "https://u:****@a&sig=****/b&r:c@d");
  EXPECT_EQ(RedactText(once), once);
}

TEST(RedactTextTest, APathIsNoParameter) {
  EXPECT_EQ(RedactText("https://a.example/key=1/x"), "https://a.example/key=1/x");
}

TEST(SecretTest, IsPrintedMasked) {
  std::ostringstream out;
  out << Secret("canary") << " " << Credentials{"user", Secret("canary")} << " "
      << Credentials{"canary", Secret()};
  EXPECT_EQ(out.str(), "**** user:**** ****");
}

// RFC 7617 §2.
TEST(SecretTest, BasicAuthorization) {
  EXPECT_EQ(BasicAuthorization({"Aladdin", Secret("open sesame")}).Reveal(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(BasicAuthorization({"a", Secret("b")}).Reveal(), "Basic YTpi");
  EXPECT_EQ(BasicAuthorization({"a", Secret()}).Reveal(), "Basic YTo=");
}

}  // namespace
}  // namespace flowstone::net
