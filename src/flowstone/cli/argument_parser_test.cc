#include "flowstone/cli/argument_parser.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include "flowstone/base/text.h"
#include "flowstone/cli/option_table.h"
#include "flowstone/cli/terminal_style.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::cli {
namespace {

using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

CommandSpec FlowCommands() {
  CommandSpec root{
      .name = "flow.py", .summary = "a flow", .options = {"quiet", "with", "environment"}};
  CommandSpec run{.name = "run",
                  .summary = "run the flow",
                  .options = {"tag", "max-workers"},
                  .dynamic_options = {{.key = "alpha",
                                       .metavar = "FLOAT",
                                       .help = "learning rate",
                                       .variables = {"METAFLOW_RUN_ALPHA"}}}};
  CommandSpec list{.name = "list", .summary = "list files", .options = {"json"}};
  CommandSpec package{
      .name = "package", .summary = "code package", .options = {}, .commands = {list}};
  CommandSpec dump{.name = "dump",
                   .summary = "print artifacts",
                   .options = {},
                   .positionals = {{.key = "pathspec", .metavar = "PATHSPEC", .help = "run/step"}}};
  CommandSpec exec{.name = "exec",
                   .summary = "run a command",
                   .options = {"offline"},
                   .positionals = {{.key = "command",
                                    .metavar = "COMMAND",
                                    .help = "the command",
                                    .count = PositionalSpec::Count::kRest}}};
  root.commands = {run, package, dump, exec};
  return root;
}

ParsedArguments Parse(const std::vector<std::string>& arguments,
                      const os::Environment& environment = os::Environment()) {
  auto result = ParseArguments(FlowCommands(), arguments, environment, 80);
  EXPECT_THAT(result, IsOk());
  return std::get<ParsedArguments>(*result);
}

std::string ErrorOf(const std::vector<std::string>& arguments) {
  auto result = ParseArguments(FlowCommands(), arguments, os::Environment(), 80);
  return result ? "no error" : result.error().ToString();
}

TEST(ParseArguments, OptionsGoBeforeAndAfterTheCommand) {
  const auto parsed = Parse({"--environment=pypi", "--with", "retry", "--with", "catch", "run",
                             "--tag", "a", "--tag=b", "--alpha", "0.5", "--max-workers", "4"});
  EXPECT_THAT(parsed.command, ElementsAre("run"));
  EXPECT_EQ(parsed.Value("environment"), "pypi");
  EXPECT_THAT(parsed.Values("with"), ElementsAre("retry", "catch"));
  EXPECT_THAT(parsed.Values("tag"), ElementsAre("a", "b"));
  EXPECT_EQ(parsed.dynamic_values.at("alpha"), "0.5");
}

TEST(ParseArguments, AnOptionThatIsMissingOnPurposeSaysWhatToDoInstead) {
  const std::string error = ErrorOf({"--no-build-isolation", "run"});
  EXPECT_THAT(error, HasSubstr("unknown option '--no-build-isolation'"));
  EXPECT_THAT(error, HasSubstr("list what it needs in [tool.uv.extra-build-dependencies]"));
}

TEST(ParseArguments, NegativeNumbersAreValues) {
  EXPECT_EQ(Parse({"run", "--alpha", "-1"}).dynamic_values.at("alpha"), "-1");
}

TEST(ParseArguments, CommandsNest) {
  const auto parsed = Parse({"package", "list", "--json"});
  EXPECT_THAT(parsed.command, ElementsAre("package", "list"));
  EXPECT_TRUE(parsed.Has("json"));
}

TEST(ParseArguments, SharedOptionsMayFollowTheCommand) {
  CommandSpec root{.name = "flowstone",
                   .summary = "",
                   .options = {"quiet", "no-progress"},
                   .shared_options = {"quiet"}};
  root.commands = {{.name = "store",
                    .summary = "",
                    .options = {},
                    .commands = {{.name = "verify", .summary = "", .options = {}}}}};
  const auto parsed = ParseArguments(root, {"store", "verify", "-q"}, os::Environment(), 80);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_TRUE(std::get<ParsedArguments>(*parsed).Has("quiet"));
  EXPECT_THAT(ParseArguments(root, {"store", "verify", "--no-progress"}, os::Environment(), 80),
              HasMessage(HasSubstr("unknown option '--no-progress'")));
  const auto misspelt = ParseArguments(root, {"store", "verify", "--quite"}, os::Environment(), 80);
  ASSERT_FALSE(misspelt);
  EXPECT_THAT(misspelt.error().ToString(), HasSubstr("did you mean '--quiet'?"));
}

TEST(ParseArguments, AParameterOfTheFlowComesBeforeASharedOption) {
  CommandSpec root{
      .name = "flow.py", .summary = "", .options = {"color"}, .shared_options = {"color"}};
  root.commands = {
      {.name = "run",
       .summary = "",
       .options = {},
       .dynamic_options = {{.key = "color", .metavar = "TEXT", .help = "", .variables = {}}}}};
  const auto parsed = ParseArguments(root, {"run", "--color", "red"}, os::Environment(), 80);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_FALSE(std::get<ParsedArguments>(*parsed).Has("color"));
  EXPECT_EQ(std::get<ParsedArguments>(*parsed).dynamic_values.at("color"), "red");
}

TEST(ParseArguments, NoCommandIsNoError) {
  EXPECT_TRUE(Parse({}).command.empty());
}

TEST(ParseArguments, EachPositionalTakesItsWord) {
  CommandSpec root{.name = "flowstone", .summary = "", .options = {}};
  root.commands = {{.name = "why",
                    .summary = "print why",
                    .options = {},
                    .positionals = {{.key = "name", .metavar = "NAME", .help = ""},
                                    {.key = "lock", .metavar = "LOCK", .help = ""}}}};
  const auto parsed = ParseArguments(root, {"why", "beta", "pylock.toml"}, os::Environment(), 80);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(std::get<ParsedArguments>(*parsed).Positional("name"), "beta");
  EXPECT_EQ(std::get<ParsedArguments>(*parsed).Positional("lock"), "pylock.toml");
  EXPECT_THAT(ParseArguments(root, {"why", "a", "b", "c"}, os::Environment(), 80),
              HasMessage(HasSubstr("unexpected argument 'c'")));
}

TEST(ParseArguments, TheRestIsLeftAlone) {
  const auto parsed = Parse({"exec", "--offline", "--", "python", "-c", "--offline"});
  EXPECT_THAT(parsed.positionals.at("command"), ElementsAre("python", "-c", "--offline"));
}

TEST(ParseArguments, TheRestNeedsNoMark) {
  const auto parsed = Parse({"exec", "--offline", "python", "-c", "--offline", "--", "x"});
  EXPECT_THAT(parsed.positionals.at("command"),
              ElementsAre("python", "-c", "--offline", "--", "x"));
}

TEST(ParseArguments, TheRestKeepsMarksOfItsOwn) {
  const auto parsed = Parse({"exec", "--", "sh", "-c", "run", "--", "dump"});
  EXPECT_THAT(parsed.positionals.at("command"), ElementsAre("sh", "-c", "run", "--", "dump"));
}

TEST(ParseArguments, AnUnknownOptionDoesNotBeginTheRest) {
  EXPECT_THAT(ErrorOf({"exec", "--offlin", "--", "python"}),
              HasSubstr("did you mean '--offline'?"));
  EXPECT_THAT(ErrorOf({"exec", "--offlin", "python"}), HasSubstr("unknown option '--offlin'"));
}

TEST(ParseArguments, NothingAfterTheMarkIsAnOption) {
  EXPECT_THAT(Parse({"dump", "--", "--odd"}).positionals.at("pathspec"), ElementsAre("--odd"));
  EXPECT_THAT(ErrorOf({"dump", "a", "--", "b"}), HasSubstr("unexpected argument 'b'"));
  EXPECT_THAT(ErrorOf({"--", "run"}), HasSubstr("unexpected argument 'run' after --"));
}

TEST(ParseArguments, VariablesStandInForOptions) {
  const os::Environment environment(
      {{"FLOWSTONE_MAX_WORKERS", "3"}, {"METAFLOW_RUN_ALPHA", "2"}, {"METAFLOW_QUIET", "1"}});
  const auto parsed = Parse({"run"}, environment);
  EXPECT_EQ(parsed.Value("max-workers"), "3");
  EXPECT_EQ(parsed.dynamic_values.at("alpha"), "2");
  EXPECT_TRUE(parsed.Has("quiet"));
  EXPECT_EQ(Parse({"run", "--max-workers", "9"}, environment).Value("max-workers"), "9");
}

TEST(ParseArguments, VariablesThatAnotherModuleReadsAreLeftToIt) {
  const os::Environment environment({{"FLOWSTONE_WITH", "retry catch"}});
  EXPECT_FALSE(Parse({"run"}, environment).Has("with"));
}

TEST(ParseArguments, ErrorsSuggestTheNearestSpelling) {
  EXPECT_THAT(ErrorOf({"rum"}), HasSubstr("did you mean 'run'?"));
  EXPECT_THAT(ErrorOf({"run", "--max-worker", "3"}), HasSubstr("did you mean '--max-workers'?"));
  EXPECT_THAT(ErrorOf({"run", "--alfa=3"}), HasSubstr("did you mean '--alpha'?"));
  EXPECT_THAT(ErrorOf({"package", "lst"}), HasSubstr("did you mean 'list'?"));
}

TEST(ParseArguments, MissingArgumentsAreNamed) {
  EXPECT_THAT(ErrorOf({"dump"}), HasSubstr("missing argument PATHSPEC"));
  EXPECT_THAT(ErrorOf({"run", "--alpha"}), HasSubstr("option '--alpha' needs a value"));
}

TEST(RenderHelp, NoLineIsLongerThanTheWidth) {
  const std::string help = RenderHelp(FlowCommands(), {"run"}, 80);
  EXPECT_THAT(help, HasSubstr("--alpha FLOAT"));
  EXPECT_THAT(help, HasSubstr("[FLOWSTONE_MAX_WORKERS]"));
  for (const std::string_view line : SplitLines(help)) {
    EXPECT_LE(DisplayWidth(line), 80U) << line;
  }
}

TEST(OptionTable, KeysAreUniqueAndVariablesAreOurs) {
  std::map<std::string_view, int> keys;
  for (const OptionSpec& option : AllOptions()) {
    EXPECT_EQ(++keys[option.key], 1) << option.key;
    for (const std::string_view variable : VariablesOf(option)) {
      EXPECT_TRUE(variable.starts_with("FLOWSTONE_") || variable.starts_with("METAFLOW_") ||
                  variable.starts_with("UV_") || variable.starts_with("PIP_"))
          << variable;
    }
  }
}

}  // namespace
}  // namespace flowstone::cli
