#include "flowstone/cli/error_report.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/text.h"

namespace flowstone::cli {

std::string ErrorJson(const Error& error) {
  std::vector<std::string_view> lines = SplitLines(error.message);
  std::string message(lines.empty() ? "" : lines.front());
  std::vector<std::string> reasons;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    reasons.emplace_back(TrimText(lines[i]));
  }
  if (!reasons.empty() && message.ends_with(':')) {
    message.pop_back();
  }
  const nlohmann::json document = {{"error",
                                    {{"code", ErrorCodeName(error.code)},
                                     {"message", message},
                                     {"reasons", reasons},
                                     {"context", error.context},
                                     {"hints", error.hints}}}};
  return document.dump(2);
}

}  // namespace flowstone::cli
