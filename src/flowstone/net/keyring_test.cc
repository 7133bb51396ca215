#include "flowstone/net/keyring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/os/fake_process_runner.h"

namespace flowstone::net {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

// A keyring that knows one question.
class KeyringTest : public ::testing::Test {
 protected:
  std::optional<Credentials> Ask(const std::string& url, const std::string& user) {
    return AskKeyring(processes_, os::Environment{{"PATH", "/bin"}}, *Url::Parse(url), user);
  }
  std::vector<std::string> Commands() const {
    std::vector<std::string> commands;
    for (const os::ProcessSpec& spec : processes_.calls()) {
      commands.push_back(JoinText(spec.arguments, " "));
    }
    return commands;
  }

  std::string known_;
  std::string answer_;
  int status_ = 0;
  os::FakeProcessRunner processes_{[this](const os::ProcessSpec& spec,
                                          const std::string&) -> Result<os::ProcessResult> {
    return JoinText(spec.arguments, " ") == known_ ? os::Exited(status_, answer_) : os::Exited(1);
  }};
};

TEST_F(KeyringTest, AsksForTheUrlThenForTheHost) {
  known_ = "keyring get index.example ada";
  answer_ = "secret\n";
  EXPECT_THAT(Ask("https://ada@index.example/simple/", "ada"),
              Optional(Credentials{"ada", Secret("secret")}));
  EXPECT_THAT(Commands(), ElementsAre("keyring get https://index.example/simple/ ada",
                                      "keyring get index.example ada"));
}

TEST_F(KeyringTest, AsksForAnyUserWhenNoneIsNamed) {
  known_ = "keyring --mode creds get https://index.example/simple/";
  answer_ = "ada\nsecret\n";
  EXPECT_THAT(Ask("https://index.example/simple/", ""),
              Optional(Credentials{"ada", Secret("secret")}));
}

TEST_F(KeyringTest, AnAnswerThatIsNoPasswordIsNone) {
  known_ = "keyring get https://index.example/ ada";
  answer_ = "usage:\nkeyring [options]\n";
  EXPECT_EQ(Ask("https://index.example/", "ada"), std::nullopt);
}

TEST_F(KeyringTest, WhatAFailedProgramSaysIsNone) {
  known_ = "keyring get https://index.example/ ada";
  answer_ = "no backend\n";
  status_ = 1;
  EXPECT_EQ(Ask("https://index.example/", "ada"), std::nullopt);
}

TEST_F(KeyringTest, AnUnknownServiceIsNone) {
  EXPECT_EQ(Ask("https://index.example/", "ada"), std::nullopt);
}

}  // namespace
}  // namespace flowstone::net
