#include "flowstone/index/index_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/os/path.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class IndexSettingsTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    ASSERT_THAT(os::MakeDirectories(files_, os::DirName(path)), IsOk());
    ASSERT_THAT(os::ReplaceFile(files_, path, text), IsOk());
  }
  Result<IndexSettings> Resolve(os::Environment::Variables variables,
                                const IndexRequest& request = {}) {
    variables.try_emplace("HOME", "/home/ada");
    return ResolveIndexSettings(
        request,
        {.working_directory = "/flows", .default_index_url = "https://default.example/simple"},
        os::Environment(std::move(variables)), files_);
  }
  std::vector<std::string> Indexes(os::Environment::Variables variables,
                                   const IndexRequest& request = {}) {
    const auto settings = Resolve(std::move(variables), request);
    EXPECT_THAT(settings, IsOk());
    return settings ? settings->indexes : std::vector<std::string>();
  }

  os::MemoryFileSystem files_;
};

TEST_F(IndexSettingsTest, TheBuiltInDefaultWhenNothingIsSet) {
  const auto settings = Resolve({});
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(settings->indexes, ElementsAre("https://default.example/simple"));
  EXPECT_THAT(settings->find_links, IsEmpty());
  EXPECT_EQ(settings->ca_file, "");
}

TEST_F(IndexSettingsTest, EachLevelReplacesTheNext) {
  Write("/etc/pip.conf", "[global]\nindex-url = https://config.example/");
  EXPECT_THAT(Indexes({}), ElementsAre("https://config.example/"));
  os::Environment::Variables variables{{"PIP_INDEX_URL", "https://pip.example/"}};
  EXPECT_THAT(Indexes(variables), ElementsAre("https://pip.example/"));
  variables["UV_INDEX_URL"] = "https://uv.example/";
  EXPECT_THAT(Indexes(variables), ElementsAre("https://uv.example/"));
  variables["UV_DEFAULT_INDEX"] = "https://uvdefault.example/";
  EXPECT_THAT(Indexes(variables), ElementsAre("https://uvdefault.example/"));
  variables["FLOWSTONE_INDEX_URL"] = "https://own.example/";
  EXPECT_THAT(Indexes(variables), ElementsAre("https://own.example/"));
  EXPECT_THAT(Indexes(variables, {.index_url = "https://asked.example/"}),
              ElementsAre("https://asked.example/"));
}

TEST_F(IndexSettingsTest, AnEmptyVariableIsNotSet) {
  EXPECT_THAT(Indexes({{"FLOWSTONE_INDEX_URL", ""}, {"PIP_INDEX_URL", "https://pip.example/"}}),
              ElementsAre("https://pip.example/"));
}

TEST_F(IndexSettingsTest, ExtraIndexesAreSearchedFirstTheAskedOnesBeforeTheConfigured) {
  EXPECT_THAT(Indexes({{"PIP_EXTRA_INDEX_URL", "https://a.example/ \n https://b.example/"}},
                      {.extra_index_urls = {"https://asked.example/", "https://b.example/"}}),
              ElementsAre("https://asked.example/", "https://b.example/", "https://a.example/",
                          "https://default.example/simple"));
}

TEST_F(IndexSettingsTest, CredentialsStay) {
  EXPECT_THAT(Indexes({{"PIP_INDEX_URL", "https://u:p@pip.example/simple"}}),
              ElementsAre("https://u:p@pip.example/simple"));
}

TEST_F(IndexSettingsTest, NamedIndexesOfUvBringTheirCredentials) {
  EXPECT_THAT(Indexes({{"UV_INDEX", "my-corp=https://corp.example/simple https://b.example/?a=1"},
                       {"UV_INDEX_MY_CORP_USERNAME", "ada"},
                       {"UV_INDEX_MY_CORP_PASSWORD", "x"}}),
              ElementsAre("https://ada:x@corp.example/simple", "https://b.example/?a=1",
                          "https://default.example/simple"));
}

TEST_F(IndexSettingsTest, AnIndexMayBeADirectory) {
  EXPECT_THAT(Indexes({}, {.index_url = "/srv/simple", .extra_index_urls = {"./mine"}}),
              ElementsAre("file:///flows/mine", "file:///srv/simple"));
}

TEST_F(IndexSettingsTest, NoIndexLeavesFindLinks) {
  for (const std::string value : {"1", "true", "YES", "on"}) {
    const auto settings = Resolve({{"PIP_NO_INDEX", value}, {"PIP_FIND_LINKS", "wheels"}});
    ASSERT_THAT(settings, IsOk());
    EXPECT_THAT(settings->indexes, IsEmpty());
    EXPECT_THAT(settings->find_links, ElementsAre("/flows/wheels"));
  }
  EXPECT_THAT(Indexes({{"PIP_NO_INDEX", "0"}}), ElementsAre("https://default.example/simple"));
  EXPECT_THAT(Indexes({}, {.use = IndexUse::kFindLinksOnly}), IsEmpty());
  EXPECT_THAT(Resolve({{"PIP_NO_INDEX", "maybe"}}), HasMessage(HasSubstr("PIP_NO_INDEX")));
}

TEST_F(IndexSettingsTest, FindLinksAreUrlsOrAbsolutePaths) {
  const auto settings = Resolve({{"UV_FIND_LINKS", "~/w,https://links.example/x.html"}},
                                {.find_links = {"rel/../wheels", "file:///srv/w"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(settings->find_links, ElementsAre("/flows/wheels", "file:///srv/w", "/home/ada/w",
                                                "https://links.example/x.html"));
}

TEST_F(IndexSettingsTest, HostsAndCertificates) {
  const auto settings = Resolve({{"PIP_TRUSTED_HOST", "a.example b.example:8443"},
                                 {"PIP_CERT", "~/ca.pem"},
                                 {"PIP_CLIENT_CERT", "/me.pem"}},
                                {.trusted_hosts = {"b.example:8443"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(settings->trusted_hosts, ElementsAre("b.example:8443", "a.example"));
  EXPECT_EQ(settings->ca_file, "/home/ada/ca.pem");
  EXPECT_EQ(settings->client_certificate, "/me.pem");
}

TEST_F(IndexSettingsTest, TellsWhereEachSettingCameFrom) {
  Write("/etc/pip.conf", "[global]\nfind-links = /w");
  const auto settings = Resolve({{"PIP_INDEX_URL", "https://u:canary@pip.example/"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(settings->provenance,
              ElementsAre("index-url from PIP_INDEX_URL", "find-links from /etc/pip.conf"));
}

TEST_F(IndexSettingsTest, AnUnusableIndexNamesItsSourceAndNoSecret) {
  const auto settings = Resolve({{"PIP_INDEX_URL", "ftp://u:canary@pip.example/"}});
  EXPECT_THAT(settings, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(settings, HasMessage(AllOf(HasSubstr("PIP_INDEX_URL"), Not(HasSubstr("canary")))));
}

TEST_F(IndexSettingsTest, PipFilesInPipsOrder) {
  Write("/etc/pip.conf", "[global]\nindex-url = https://etc.example/");
  EXPECT_THAT(Indexes({}), ElementsAre("https://etc.example/"));
  Write("/home/ada/.pip/pip.conf", "[global]\nindex-url = https://legacy.example/");
  EXPECT_THAT(Indexes({}), ElementsAre("https://legacy.example/"));
  Write("/home/ada/.config/pip/pip.conf", "[global]\nindex-url = https://user.example/");
  EXPECT_THAT(Indexes({}), ElementsAre("https://user.example/"));
  Write("/venv/pip.conf", "[global]\nindex-url = https://venv.example/");
  EXPECT_THAT(Indexes({{"VIRTUAL_ENV", "/venv"}}), ElementsAre("https://venv.example/"));
  Write("/named.conf", "[global]\nindex-url = https://named.example/");
  EXPECT_THAT(Indexes({{"VIRTUAL_ENV", "/venv"}, {"PIP_CONFIG_FILE", "/named.conf"}}),
              ElementsAre("https://named.example/"));
}

TEST_F(IndexSettingsTest, ANamedPipFileReplacesTheUsersOwn) {
  Write("/etc/pip.conf", "[global]\nfind-links = /etc-wheels");
  Write("/home/ada/.config/pip/pip.conf", "[global]\nindex-url = https://user.example/");
  Write("/named.conf", "[global]\ncert = /ca.pem");
  const auto settings = Resolve({{"PIP_CONFIG_FILE", "/named.conf"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(settings->indexes, ElementsAre("https://default.example/simple"));
  EXPECT_THAT(settings->find_links, ElementsAre("/etc-wheels"));
  EXPECT_EQ(settings->ca_file, "/ca.pem");
}

TEST_F(IndexSettingsTest, DevNullTurnsPipFilesOff) {
  Write("/etc/pip.conf", "[global]\nindex-url = https://etc.example/");
  EXPECT_THAT(Indexes({{"PIP_CONFIG_FILE", "/dev/null"}}),
              ElementsAre("https://default.example/simple"));
}

TEST_F(IndexSettingsTest, TheInstallSectionCountsBeforeTheGlobalOne) {
  Write("/etc/pip.conf", "[install]\nindex-url = https://install.example/");
  Write("/home/ada/.pip/pip.conf",
        "[global]\nindex-url = https://global.example/\n[list]\nindex-url = https://x.example/");
  EXPECT_THAT(Indexes({}), ElementsAre("https://install.example/"));
}

TEST_F(IndexSettingsTest, PipFilesHaveContinuationsCommentsAndTwoSpellings) {
  Write("/etc/pip.conf",
        "\xEF\xBB\xBF# mine\n[global]\nextra_index_url:\n    https://a.example/\n    ; not this\n\n"
        "    https://b.example/\nIndex-URL=https://c.example/x=y\r\n");
  EXPECT_THAT(Indexes({}),
              ElementsAre("https://a.example/", "https://b.example/", "https://c.example/x=y"));
}

TEST_F(IndexSettingsTest, ABrokenPipFileNamesFileAndLine) {
  for (const std::string text : {"[global]\njust words", "[global]\n[oops", "\nindex-url = x"}) {
    Write("/etc/pip.conf", text);
    EXPECT_THAT(Resolve({}), HasMessage(HasSubstr("/etc/pip.conf line 2"))) << text;
  }
}

}  // namespace
}  // namespace flowstone::index
