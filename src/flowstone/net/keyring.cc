#include "flowstone/net/keyring.h"

#include <chrono>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"

namespace flowstone::net {
namespace {

// A dialogue may have to be answered.
constexpr std::chrono::seconds kPatience(60);

std::optional<std::vector<std::string>> LinesOf(os::ProcessRunner& processes,
                                                const os::Environment& environment,
                                                std::vector<std::string> arguments) {
  os::ProcessSpec spec;
  spec.arguments = std::move(arguments);
  spec.environment = environment.ToMap();
  const Result<os::ProcessResult> result = processes.Run(spec, "", kPatience);
  if (!result || !result->status.ok()) {
    return std::nullopt;
  }
  std::vector<std::string> lines;
  for (const std::string_view line : SplitLines(result->output)) {
    lines.emplace_back(line);
  }
  while (!lines.empty() && lines.back().empty()) {
    lines.pop_back();
  }
  return lines;
}

}  // namespace

std::optional<Credentials> AskKeyring(os::ProcessRunner& processes,
                                      const os::Environment& environment, const Url& url,
                                      const std::string& user) {
  for (const std::string& service : {url.WithoutCredentials().ToString(), url.host()}) {
    if (user.empty()) {
      const auto lines =
          LinesOf(processes, environment, {"keyring", "--mode", "creds", "get", service});
      if (lines && lines->size() == 2 && !lines->at(0).empty()) {
        return Credentials{.user = lines->at(0), .password = Secret(lines->at(1))};
      }
      continue;
    }
    const auto lines = LinesOf(processes, environment, {"keyring", "get", service, user});
    if (lines && lines->size() == 1) {
      return Credentials{.user = user, .password = Secret(lines->at(0))};
    }
  }
  return std::nullopt;
}

}  // namespace flowstone::net
