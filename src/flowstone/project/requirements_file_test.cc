#include "flowstone/project/requirements_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::project {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RequirementsFileTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, std::string text) { files_[path] = std::move(text); }

  Result<RequirementsFile> Read(const std::string& place = "/work/requirements.txt",
                                FileRole role = FileRole::kRequirements) {
    const RequirementsContext context{
        .working_directory = "/work",
        .environment = environment_,
        .read = [this](const std::string& path) -> Result<std::string> {
          const auto found = files_.find(path);
          if (found == files_.end()) {
            return Error{.code = ErrorCode::kNotFound, .message = path + " does not exist"};
          }
          return found->second;
        },
        .exists = [this](const std::string& path) { return files_.contains(path); }};
    return ReadRequirementsFile(place, role, context);
  }

  Result<RequirementsFile> ReadText(std::string text) {
    Write("/work/requirements.txt", std::move(text));
    return Read();
  }

  // "requirements.txt:1 numpy>=2" for each requirement.
  static std::vector<std::string> Lines(const std::vector<WrittenRequirement>& requirements) {
    std::vector<std::string> lines;
    lines.reserve(requirements.size());
    for (const WrittenRequirement& written : requirements) {
      lines.push_back(written.source.ToString() + " " + written.ToString());
    }
    return lines;
  }

  std::vector<std::string> LinesOf(std::string text) {
    const auto file = ReadText(std::move(text));
    EXPECT_THAT(file, IsOk());
    return file ? Lines(file->requirements) : std::vector<std::string>();
  }

  std::string ErrorOf(std::string text) {
    const auto file = ReadText(std::move(text));
    EXPECT_THAT(file, HasCode(ErrorCode::kInvalid));
    return file ? std::string() : file.error().ToString();
  }

  std::map<std::string, std::string> files_;
  os::Environment environment_{{"TOKEN", "s3"}, {"EMPTY", ""}, {"lower", "x"}};
};

const std::string kSha256 = std::string(64, 'a');

TEST_F(RequirementsFileTest, EveryRequirementKnowsItsLine) {
  EXPECT_THAT(
      LinesOf("# comment\nnumpy >= 2\n\n  pandas[excel]==2.2 ; python_version > '3.9'  # why\n"),
      ElementsAre("requirements.txt:2 numpy>=2",
                  "requirements.txt:4 pandas[excel]==2.2; python_version > \"3.9\""));
}

TEST_F(RequirementsFileTest, ContinuedLinesAreOneRequirementOfTheirFirstLine) {
  EXPECT_THAT(LinesOf("a \\\n  >=1 \\\n  ,<2\nb\n"),
              ElementsAre("requirements.txt:1 a<2,>=1", "requirements.txt:4 b"));
}

TEST_F(RequirementsFileTest, ACommentEndsAContinuation) {
  EXPECT_THAT(LinesOf("a\\\n# no \\\nb\n"),
              ElementsAre("requirements.txt:1 a", "requirements.txt:3 b"));
}

TEST_F(RequirementsFileTest, AFileMayEndInAContinuation) {
  EXPECT_THAT(LinesOf("a==1 \\"), ElementsAre("requirements.txt:1 a==1"));
}

TEST_F(RequirementsFileTest, AHashSignWithinAWordIsNoComment) {
  EXPECT_THAT(LinesOf("https://h.example/a-1.zip#sha256=00\n"),
              ElementsAre("requirements.txt:1 a @ https://h.example/a-1.zip#sha256=00"));
}

TEST_F(RequirementsFileTest, LinesEndAsPythonEndsThem) {
  EXPECT_THAT(LinesOf("a\r\nb\rc\fd\xE2\x80\xA8"
                      "e"),
              ElementsAre("requirements.txt:1 a", "requirements.txt:2 b", "requirements.txt:3 c",
                          "requirements.txt:4 d", "requirements.txt:5 e"));
}

TEST_F(RequirementsFileTest, VariablesInCapitalsAreFilledIn) {
  EXPECT_THAT(LinesOf("a @ https://${TOKEN}@h.example/${EMPTY}/${UNSET}/${lower}/a.zip\n"),
              ElementsAre("requirements.txt:1 a @ "
                          "https://s3@h.example/${EMPTY}/${UNSET}/${lower}/a.zip"));
}

TEST_F(RequirementsFileTest, NestedFilesStartBesideTheirFile) {
  Write("/work/requirements.txt", "-r deps/base.txt\nlast\n");
  Write("/work/deps/base.txt", "--requirement=more.txt\n-c../limits.txt\nbase\n");
  Write("/work/deps/more.txt", "more");
  Write("/work/limits.txt", "base<3");
  const auto file = Read();
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(Lines(file->requirements), ElementsAre("deps/more.txt:1 more", "deps/base.txt:3 base",
                                                     "requirements.txt:2 last"));
  EXPECT_THAT(Lines(file->constraints), ElementsAre("limits.txt:1 base<3"));
}

TEST_F(RequirementsFileTest, FilesBesideAFileOnAServerAreOnThatServer) {
  Write("https://h.example/team/all.txt", "-r base.txt\n-c /limits.txt");
  Write("https://h.example/team/base.txt", "a");
  Write("https://h.example/limits.txt", "a<2");
  const auto file = Read("https://h.example/team/all.txt");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(Lines(file->requirements), ElementsAre("https://h.example/team/base.txt:1 a"));
  EXPECT_THAT(Lines(file->constraints), ElementsAre("https://h.example/limits.txt:1 a<2"));
}

TEST_F(RequirementsFileTest, AFileOnAServerIsNamedWithoutItsPassword) {
  Write("https://me:secret@h.example/all.txt", "a b");
  const auto file = Read("https://me:secret@h.example/all.txt");
  ASSERT_THAT(file, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(file.error().ToString(),
              AllOf(HasSubstr("h.example/all.txt:1: "), ::testing::Not(HasSubstr("secret"))));
}

TEST_F(RequirementsFileTest, AFileMustNotIncludeItself) {
  Write("/work/requirements.txt", "-r sub/a.txt");
  Write("/work/sub/a.txt", "x\n-r ../requirements.txt");
  const auto file = Read();
  ASSERT_THAT(file, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(file.error().message, "the file requirements.txt includes itself");
  EXPECT_THAT(file.error().context,
              ElementsAre("included at sub/a.txt:2", "included at requirements.txt:1"));
}

TEST_F(RequirementsFileTest, AFileMayBeIncludedTwice) {
  Write("/work/requirements.txt", "-r a.txt\n-r a.txt");
  Write("/work/a.txt", "x");
  const auto file = Read();
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(Lines(file->requirements), ElementsAre("a.txt:1 x", "a.txt:1 x"));
}

TEST_F(RequirementsFileTest, AMissingFileIsReportedWhereItWasAskedFor) {
  const auto file = ReadText("-r gone.txt");
  ASSERT_THAT(file, HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(file.error().context,
              ElementsAre("while reading gone.txt", "included at requirements.txt:1"));
}

TEST_F(RequirementsFileTest, OptionsOfIndexesAreKeptWithTheirLines) {
  Write("/work/sub/wheels", "");
  Write("/work/requirements.txt", "-r sub/a.txt\n-i https://last.example/");
  Write("/work/sub/a.txt",
        "--index-url https://first.example/\n--extra-index-url 'https://x.example/' --no-index\n"
        "-f wheels\n--find-links elsewhere\n--trusted-host h.example\n--use-feature=fast-deps");
  const auto file = Read();
  ASSERT_THAT(file, IsOk());
  const FileOptions& options = file->options;
  EXPECT_EQ(options.index_url->text, "https://last.example/");
  EXPECT_EQ(options.index_url->source.ToString(), "requirements.txt:2");
  EXPECT_EQ(options.extra_index_urls.at(0).text, "https://x.example/");
  EXPECT_TRUE(options.no_index);
  EXPECT_EQ(options.find_links.at(0).text, "/work/sub/wheels");
  EXPECT_EQ(options.find_links.at(1).text, "/work/elsewhere");
  EXPECT_EQ(options.trusted_hosts.at(0).text, "h.example");
  EXPECT_EQ(options.features.at(0).source.ToString(), "sub/a.txt:6");
}

TEST_F(RequirementsFileTest, TheLaterWordAboutWheelsWins) {
  const auto file = ReadText("--only-binary :all:\n--no-binary=a_b,C\n--only-binary c\n");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->options.binaries.first().scope, ChosenNames::Scope::kAll);
  EXPECT_THAT(file->options.binaries.first().names, ElementsAre(*pypi::Name::Parse("c")));
  EXPECT_THAT(file->options.binaries.second().names, ElementsAre(*pypi::Name::Parse("a-b")));
}

TEST_F(RequirementsFileTest, NoneTakesBackWhatWasChosen) {
  const auto file = ReadText("--no-binary :all:\n--no-binary :none:\n");
  ASSERT_THAT(file, IsOk());
  EXPECT_TRUE(file->options.binaries.empty());
}

TEST_F(RequirementsFileTest, PreMeansEveryPrerelease) {
  const auto file = ReadText("--pre\n");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->options.releases.first().scope, ChosenNames::Scope::kAll);
}

TEST_F(RequirementsFileTest, HashesOfSeveralFilesBelongToTheirRequirement) {
  const auto file =
      ReadText("a==1 \\\n    --hash=sha256:" + std::string(64, 'B') +
               " \\\n    --hash sha256:" + kSha256 + "  # both wheels\nb\n--require-hashes");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->requirements.at(0).hashes,
              ElementsAre(FileHash{"sha256", kSha256}, FileHash{"sha256", std::string(64, 'b')}));
  EXPECT_THAT(file->requirements.at(1).hashes, IsEmpty());
  EXPECT_EQ(file->options.require_hashes, true);
}

TEST_F(RequirementsFileTest, HashesOfABrokenAlgorithmAreRefused) {
  EXPECT_THAT(ErrorOf("a==1 --hash=md5:" + std::string(32, 'a')),
              HasSubstr("requirements.txt:1: 'md5:"));
  EXPECT_THAT(ErrorOf("a==1 --hash=sha256:abc"), HasSubstr("64 hexadecimal digits"));
}

TEST_F(RequirementsFileTest, BuildSettingsBelongToTheirRequirement) {
  const auto file = ReadText("a --config-settings k=1 -C k=2 --config-setting=x=");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->requirements.at(0).config_settings,
              ElementsAre(std::pair("k", std::vector<std::string>{"1", "2"}),
                          std::pair("x", std::vector<std::string>{""})));
}

TEST_F(RequirementsFileTest, EditableProjectsArePathsOrRepositories) {
  const auto file =
      ReadText("-e .[dev]\n--editable=core\n-e git+https://h.example/r@v1#egg=tool\n");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(Lines(file->requirements),
              ElementsAre("requirements.txt:1 /work[dev]", "requirements.txt:2 /work/core",
                          "requirements.txt:3 tool @ git+https://h.example/r@v1"));
  for (const WrittenRequirement& written : file->requirements) {
    EXPECT_EQ(written.editing, Editing::kEditable);
  }
}

TEST_F(RequirementsFileTest, AnEditableArchiveIsRefused) {
  EXPECT_THAT(ErrorOf("-e https://h.example/a-1.zip"), HasSubstr("cannot be editable"));
}

TEST_F(RequirementsFileTest, ConstraintsNameTheirProjectAndNothingElse) {
  Write("/work/c.txt", "a[x]<2");
  EXPECT_THAT(ErrorOf("-c c.txt"), HasSubstr("c.txt:1: a constraint cannot have extras"));
  Write("/work/c.txt", "./somewhere");
  EXPECT_THAT(ErrorOf("-c c.txt"), HasSubstr("c.txt:1: a constraint must name its project"));
  Write("/work/c.txt", "-e .");
  EXPECT_THAT(ErrorOf("-c c.txt"), HasSubstr("c.txt:1: a constraint cannot be editable"));
}

TEST_F(RequirementsFileTest, AConstraintsFileGivesNoRequirements) {
  Write("/work/c.txt", "a<2");
  const auto file = Read("/work/c.txt", FileRole::kConstraints);
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->requirements, IsEmpty());
  EXPECT_EQ(file->constraints.size(), 1U);
}

TEST_F(RequirementsFileTest, OptionsThatWouldBeIgnoredAreErrors) {
  EXPECT_THAT(ErrorOf("a -i https://x.example/"),
              HasSubstr("--index-url cannot stand on the line of a requirement"));
  EXPECT_THAT(ErrorOf("--hash=sha256:" + kSha256),
              HasSubstr("--hash stands without a requirement"));
  EXPECT_THAT(ErrorOf("--no-index word"), HasSubstr("'word' stands where an option is expected"));
  EXPECT_THAT(ErrorOf("-e . -r other.txt"),
              HasSubstr("--requirement cannot stand on the line of a requirement"));
}

TEST_F(RequirementsFileTest, UnknownOptionsAreNamed) {
  EXPECT_THAT(ErrorOf("--frobnicate"), HasSubstr("requirements.txt:1: requirements files have no "
                                                 "option '--frobnicate'"));
  EXPECT_THAT(ErrorOf("--no"), HasSubstr("is ambiguous"));
  EXPECT_THAT(ErrorOf("--index-url"), HasSubstr("needs a value"));
  EXPECT_THAT(ErrorOf("--pre=1"), HasSubstr("takes no value"));
  EXPECT_THAT(ErrorOf("-i 'open"), HasSubstr("is not closed"));
}

TEST_F(RequirementsFileTest, LongOptionsMayBeShortened) {
  const auto file = ReadText("--ind https://x.example/\n--find /work/w");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->options.index_url->text, "https://x.example/");
  EXPECT_EQ(file->options.find_links.at(0).text, "/work/w");
}

TEST_F(RequirementsFileTest, AWrongRequirementIsShownWithItsLine) {
  EXPECT_THAT(ErrorOf("\nfoo=1"), HasSubstr("requirements.txt:2: "));
}

TEST_F(RequirementsFileTest, PasswordsInWrongLinesAreNotRepeated) {
  EXPECT_THAT(ErrorOf("a @ https://me:secret@h.example/a b c"),
              ::testing::Not(HasSubstr("secret")));
}

TEST_F(RequirementsFileTest, StandardInputIsReadLikeAFile) {
  Write("-", "-r a.txt\nb c");
  Write("/work/a.txt", "a");
  const auto file = Read("-");
  ASSERT_THAT(file, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(file.error().message, HasSubstr("standard input:2: "));
}

}  // namespace
}  // namespace flowstone::project
