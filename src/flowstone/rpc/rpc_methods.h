// The methods of the RPC protocol (docs/formats/rpc.md): one request in, one answer out, over a
// project's datastore. Knows no sockets.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "flowstone/app/machine.h"
#include "flowstone/app/project_datastore.h"
#include "flowstone/base/result.h"

namespace flowstone::rpc {

// The keys of a `reply` besides type and id, as JSON text, and its content, when it has some.
struct Answer {
  std::string fields = "{}";
  std::string content = {};
  enum class Kind : std::uint8_t { kFieldsOnly, kContent };
  Kind kind = Kind::kFieldsOnly;
};

class RpcMethods {
 public:
  // `datastore` may be null: then nothing is found. Both outlive this.
  explicit RpcMethods(app::ProjectDatastore* datastore) : datastore_(datastore) {}

  // kInvalid for an unknown method or a missing key.
  Result<Answer> Call(const std::string& method, const nlohmann::json& request);

 private:
  app::ProjectDatastore* const datastore_;
};

}  // namespace flowstone::rpc
