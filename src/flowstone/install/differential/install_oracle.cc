// install_oracle: writes what environments hold for others to read, so that tests/differential can
// read it with `packaging`. A JSON object a line on standard input, {text: a lock}, and a line on
// standard output: the direct_url.json of each package that is not from an index, or null when
// the lock is refused. Test only.
#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

#include "flowstone/install/direct_url.h"
#include "flowstone/lock/lock_reader.h"

namespace flowstone::install {
namespace {

using Json = nlohmann::json;

Json AnswerDirectUrls(const Json& question) {
  const auto lock = lock::ParseLock(question.at("text").get<std::string>());
  if (!lock) {
    return nullptr;
  }
  Json documents = Json::array();
  for (const lock::LockedPackage& package : lock->packages) {
    if (package.direct) {
      documents.push_back(DirectUrlOf(*package.direct, "/work"));
    }
  }
  return documents;
}

}  // namespace
}  // namespace flowstone::install

int main() {
  try {
    std::string line;
    while (std::getline(std::cin, line)) {
      const auto answer = flowstone::install::AnswerDirectUrls(nlohmann::json::parse(line));
      std::printf("%s\n", answer.dump().c_str());
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "install_oracle: %s\n", error.what());
    return 1;
  }
}
