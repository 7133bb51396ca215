#include "flowstone/lock/url_credentials.h"

#include <gtest/gtest.h>

namespace flowstone::lock {
namespace {

TEST(UrlCredentials, UserAndPasswordAreLeftOut) {
  EXPECT_EQ(WithoutCredentials("https://user:pass@index.example/simple/"),
            "https://index.example/simple/");
  EXPECT_EQ(WithoutCredentials("git+https://token@git.example/a.git@v1"),
            "git+https://git.example/a.git@v1");
}

TEST(UrlCredentials, AnAtSignInAPasswordDoesNotEndThem) {
  EXPECT_EQ(WithoutCredentials("https://user:p@ss@index.example/a@b"), "https://index.example/a@b");
}

TEST(UrlCredentials, TheUserOfAnSshAddressStays) {
  EXPECT_EQ(WithoutCredentials("git+ssh://git:secret@git.example/a.git"),
            "git+ssh://git@git.example/a.git");
}

TEST(UrlCredentials, AnAtSignBehindTheHostIsNoCredential) {
  EXPECT_EQ(WithoutCredentials("git+https://git.example/a.git@v1"),
            "git+https://git.example/a.git@v1");
  EXPECT_EQ(WithoutCredentials("./local@dir"), "./local@dir");
}

}  // namespace
}  // namespace flowstone::lock
