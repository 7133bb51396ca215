// IndexAccess: the indexes as this user has them configured, and what we may log in to them with.
// Reads configuration files; connects to nothing.
#pragma once

#include <string>
#include <vector>

#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"
#include "flowstone/index/index_settings.h"
#include "flowstone/net/authenticating_transport.h"
#include "flowstone/net/credential_store.h"
#include "flowstone/net/curl_transport.h"

namespace flowstone::app {

struct IndexAccess {
  index::IndexRequest request;    // that it answers
  std::string default_index_url;  // the one it was made with
  index::IndexSettings settings = {};
  net::CredentialStore credentials = {};
  // What was left out of the configuration or is unsafe in it, one sentence each.
  std::vector<std::string> warnings = {};

  // kInvalid for a configuration that cannot be read.
  static Result<IndexAccess> Load(const Machine& machine, const index::IndexRequest& request,
                                  const std::string& default_index_url);

  net::CurlOptions TransportOptions(const Machine& machine) const;
  // Null when no keyring is to be asked. `machine` outlives the question.
  net::CredentialQuestion Question(const Machine& machine) const;

  // Sentences for `doctor`: each index with the login it would get, the strategy, pins, find-links,
  // the way to the network, and what came from where. Without secrets.
  std::vector<std::string> Describe() const;
};

}  // namespace flowstone::app
