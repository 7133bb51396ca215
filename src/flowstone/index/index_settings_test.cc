#include "flowstone/index/index_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

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
    return ResolveIndexSettings(request,
                                {.working_directory = "/flows",
                                 .project_directory = {},
                                 .default_index_url = "https://default.example/simple"},
                                os::Environment(std::move(variables)), files_);
  }
  std::vector<std::string> Indexes(os::Environment::Variables variables,
                                   const IndexRequest& request = {}) {
    const auto settings = Resolve(std::move(variables), request);
    EXPECT_THAT(settings, IsOk());
    return settings ? UrlsOf(*settings) : std::vector<std::string>();
  }
  static std::vector<std::string> UrlsOf(const IndexSettings& settings) {
    std::vector<std::string> urls;
    urls.reserve(settings.indexes.size());
    for (const IndexDefinition& definition : settings.indexes) {
      urls.push_back(definition.url);
    }
    return urls;
  }

  os::MemoryFileSystem files_;
};

TEST_F(IndexSettingsTest, TheBuiltInDefaultWhenNothingIsSet) {
  const auto settings = Resolve({});
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(UrlsOf(*settings), ElementsAre("https://default.example/simple"));
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

TEST_F(IndexSettingsTest, TheProjectComesAfterVariablesAndBeforeTheFilesOfUvAndPip) {
  Write("/flows/pyproject.toml",
        "[tool.flowstone]\nno-index = false\nindex-strategy = 'unsafe-best-match'\n"
        "find-links = 'wheels'\n"
        "[[tool.flowstone.index]]\nname = 'corp'\nurl = 'https://corp.example/simple'\n"
        "[[tool.flowstone.index]]\nurl = 'https://main.example/simple'\ndefault = true\n"
        "[[tool.flowstone.index]]\nname = 'gpu'\nurl = 'https://gpu.example/simple'\n"
        "explicit = true\n");
  Write("/flows/uv.toml", "index-url = 'https://uv.example/simple'\nno-index = true");
  const IndexRequest request{.project_file = "/flows/pyproject.toml"};
  EXPECT_THAT(Indexes({{"PIP_INDEX_URL", "https://pip.example/"}}, request),
              ElementsAre("https://corp.example/simple", "https://gpu.example/simple",
                          "https://main.example/simple"));
  EXPECT_THAT(Indexes({{"UV_INDEX_URL", "https://variable.example/"}}, request),
              ElementsAre("https://corp.example/simple", "https://gpu.example/simple",
                          "https://variable.example/"));
  const auto settings = Resolve({}, request);
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->strategy, IndexStrategy::kUnsafeBestMatch);
  EXPECT_THAT(settings->find_links, ElementsAre("/flows/wheels"));
  EXPECT_EQ(settings->indexes[1].reach, IndexReach::kPinnedOnly);
  EXPECT_THAT(settings->provenance, Contains("index-strategy from /flows/pyproject.toml"));
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
    EXPECT_THAT(UrlsOf(*settings), IsEmpty());
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

TEST_F(IndexSettingsTest, AVariableOfCertificatesCountsBeforeAFile) {
  Write("/etc/pip.conf", "[global]\ncert = /pip.pem");
  EXPECT_EQ(Resolve({})->ca_file, "/pip.pem");
  EXPECT_EQ(Resolve({{"SSL_CERT_FILE", "/ssl.pem"}})->ca_file, "");
  EXPECT_EQ(Resolve({{"SSL_CERT_FILE", "/ssl.pem"}, {"PIP_CERT", "/own.pem"}})->ca_file,
            "/own.pem");
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
  EXPECT_THAT(UrlsOf(*settings), ElementsAre("https://default.example/simple"));
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

TEST_F(IndexSettingsTest, VariablesInUrlsAreReplacedWhenTheyAreSet) {
  EXPECT_THAT(Indexes({{"PIP_INDEX_URL", "https://${USER_1}:${PASS}@a.example/${nope}/${UNSET}"},
                       {"USER_1", "ada"},
                       {"PASS", "p"}}),
              ElementsAre("https://ada:p@a.example/$%7Bnope%7D/$%7BUNSET%7D"));
}

TEST_F(IndexSettingsTest, ATokenOfANamedIndex) {
  const auto settings = Resolve(
      {{"FLOWSTONE_INDEX", "corp=https://corp.example/"}, {"FLOWSTONE_INDEX_CORP_TOKEN", "t"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->indexes.at(0).token, net::Secret("t"));
  EXPECT_EQ(settings->indexes.at(0).source, "FLOWSTONE_INDEX");
  EXPECT_EQ(settings->indexes.at(0).login_source, "FLOWSTONE_INDEX_CORP_TOKEN");
}

TEST_F(IndexSettingsTest, TheStrategyIsNamedAsInUv) {
  EXPECT_EQ(Resolve({})->strategy, IndexStrategy::kFirstIndex);
  EXPECT_EQ(Resolve({{"UV_INDEX_STRATEGY", "unsafe-best-match"}})->strategy,
            IndexStrategy::kUnsafeBestMatch);
  EXPECT_EQ(
      Resolve({{"UV_INDEX_STRATEGY", "unsafe-best-match"}}, {.strategy = "unsafe-first-match"})
          ->strategy,
      IndexStrategy::kUnsafeFirstMatch);
  EXPECT_THAT(Resolve({{"UV_INDEX_STRATEGY", "best"}}),
              HasMessage(AllOf(HasSubstr("UV_INDEX_STRATEGY"), HasSubstr("'best'"))));
}

TEST_F(IndexSettingsTest, ProjectsArePinnedToIndexes) {
  Write("/flows/pyproject.toml",
        "[tool.uv.sources]\nTorch = {index = \"cpu\"}\nlocal = {path = \".\"}\n"
        "numpy = [{index = \"a\", marker = \"x\"}, {git = \"y\"}]\n");
  const auto settings =
      Resolve({{"FLOWSTONE_INDEX_FOR", "numpy=variable"}}, {.pins = {"Pandas=asked"}});
  ASSERT_THAT(settings, IsOk());
  const std::map<pypi::Name, std::string> expected = {{*pypi::Name::Parse("torch"), "cpu"},
                                                      {*pypi::Name::Parse("numpy"), "variable"},
                                                      {*pypi::Name::Parse("pandas"), "asked"}};
  EXPECT_EQ(settings->pins, expected);
  EXPECT_THAT(Resolve({}, {.pins = {"pandas"}}), HasMessage(HasSubstr("not PROJECT=INDEX")));
}

TEST_F(IndexSettingsTest, ConnectionsArePipsOrUvs) {
  const auto settings = Resolve({{"PIP_PROXY", "http://proxy.example:3128"},
                                 {"UV_HTTP_TIMEOUT", "7"},
                                 {"PIP_RETRIES", "2"},
                                 {"UV_KEYRING_PROVIDER", "subprocess"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->proxy, "http://proxy.example:3128");
  EXPECT_EQ(settings->timeout, std::chrono::seconds(7));
  EXPECT_EQ(settings->retries, 2);
  EXPECT_EQ(settings->keyring, KeyringUse::kSubprocess);
  EXPECT_EQ(Resolve({{"PIP_DEFAULT_TIMEOUT", "15.5"}})->timeout, std::chrono::seconds(15));
  EXPECT_THAT(Resolve({{"PIP_RETRIES", "many"}}), HasMessage(HasSubstr("PIP_RETRIES")));
  EXPECT_THAT(Resolve({{"UV_KEYRING_PROVIDER", "lost"}}),
              HasMessage(HasSubstr("subprocess or disabled")));
}

TEST_F(IndexSettingsTest, WhatPipSaysOfTheChoiceOfVersions) {
  Write("/etc/pip.conf",
        "[install]\nconstraint = c.txt https://x.example/c.txt\nonly-binary = :all:\npre = yes");
  const auto settings = Resolve({{"PIP_NO_BINARY", "numpy,scipy"}});
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(settings->pip.constraints, ElementsAre("/flows/c.txt", "https://x.example/c.txt"));
  EXPECT_THAT(settings->pip.only_binary, ElementsAre(":all:"));
  EXPECT_THAT(settings->pip.no_binary, ElementsAre("numpy,scipy"));
  EXPECT_EQ(settings->pip.prereleases, "yes");
  EXPECT_FALSE(settings->pip.require_hashes);
}

TEST_F(IndexSettingsTest, WhatIsConfiguredForSafety) {
  Write("/etc/pip.conf", "[global]\nrequire-hashes = true\nuploaded-prior-to = P3D\n");
  const auto settings = Resolve({});
  ASSERT_THAT(settings, IsOk());
  EXPECT_TRUE(settings->pip.require_hashes);
  EXPECT_EQ(settings->pip.cut_off, "P3D");
  EXPECT_EQ(settings->pip.cut_off_source, "/etc/pip.conf");
}

TEST_F(IndexSettingsTest, UvFilesComeBetweenItsVariablesAndPips) {
  Write("/home/ada/.config/uv/uv.toml", "index-url = \"https://file.example/\"");
  EXPECT_THAT(Indexes({{"PIP_INDEX_URL", "https://pip.example/"}}),
              ElementsAre("https://file.example/"));
  EXPECT_THAT(Indexes({{"UV_INDEX_URL", "https://uv.example/"}}),
              ElementsAre("https://uv.example/"));
}

TEST_F(IndexSettingsTest, IndexTablesOfAProject) {
  Write("/flows/pyproject.toml", R"(
[[tool.uv.index]]
name = "cpu"
url = "https://cpu.example/whl"
explicit = true
ignore-error-codes = [403]
[[tool.uv.index]]
url = "./wheels"
format = "flat"
[[tool.uv.index]]
name = "main"
url = "https://main.example/simple"
default = true
)");
  const auto settings = Resolve({{"PIP_EXTRA_INDEX_URL", "https://extra.example/"}});
  ASSERT_THAT(settings, IsOk());
  const std::string path = "/flows/pyproject.toml";
  EXPECT_THAT(settings->indexes, ElementsAre(IndexDefinition{.name = "cpu",
                                                             .url = "https://cpu.example/whl",
                                                             .reach = IndexReach::kPinnedOnly,
                                                             .ignored_statuses = {403},
                                                             .source = path,
                                                             .login_source = path},
                                             IndexDefinition{.url = "file:///flows/wheels",
                                                             .format = IndexFormat::kFlat,
                                                             .source = path,
                                                             .login_source = path},
                                             IndexDefinition{.url = "https://extra.example/",
                                                             .source = "PIP_EXTRA_INDEX_URL",
                                                             .login_source = "PIP_EXTRA_INDEX_URL"},
                                             IndexDefinition{.name = "main",
                                                             .url = "https://main.example/simple",
                                                             .source = path,
                                                             .login_source = path}));
}

TEST_F(IndexSettingsTest, ANameCountsTheFirstTime) {
  Write("/flows/uv.toml", "[[index]]\nname = \"corp\"\nurl = \"https://file.example/\"");
  EXPECT_THAT(Indexes({}, {.extra_index_urls = {"corp=https://asked.example/"}}),
              ElementsAre("https://asked.example/", "https://default.example/simple"));
}

}  // namespace
}  // namespace flowstone::index
