#include "flowstone/cli/error_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace flowstone::cli {
namespace {

TEST(ErrorJson, ArgumentIsAListOfSentences) {
  const nlohmann::json document = nlohmann::json::parse(
      ErrorJson({.code = ErrorCode::kConflict,
                 .message = "the requirements cannot be satisfied together:\n  because the one\n"
                            "  and the other\n  so neither",
                 .context = {"while resolving"},
                 .hints = {"try something else"}}));
  const nlohmann::json& error = document["error"];
  EXPECT_EQ(error["code"], "conflict");
  EXPECT_EQ(error["message"], "the requirements cannot be satisfied together");
  EXPECT_EQ(error["reasons"], nlohmann::json({"because the one", "and the other", "so neither"}));
  EXPECT_EQ(error["context"], nlohmann::json({"while resolving"}));
  EXPECT_EQ(error["hints"], nlohmann::json({"try something else"}));
}

TEST(ErrorJson, MessageWithoutAnArgumentStaysAsItIs) {
  const nlohmann::json document = nlohmann::json::parse(
      ErrorJson({.code = ErrorCode::kNotFound, .message = "there is no such file"}));
  EXPECT_EQ(document["error"]["message"], "there is no such file");
  EXPECT_TRUE(document["error"]["reasons"].empty());
}

}  // namespace
}  // namespace flowstone::cli
