// LazyConnection: the network, for files of requirements on servers and for the files of other
// tools' locks. Nothing is opened before it is needed: most commands read nothing from a server.
#pragma once

#include <memory>
#include <string>

#include "flowstone/app/machine.h"
#include "flowstone/app/package_connection.h"
#include "flowstone/base/result.h"

namespace flowstone::cli {

class LazyConnection {
 public:
  // `machine` outlives this.
  LazyConnection(const app::Machine& machine, app::PackageConnection::Options options);

  Result<app::PackageConnection*> Get();
  // The body at an http or https URL.
  Result<std::string> FetchText(const std::string& url);

 private:
  const app::Machine& machine_;
  const app::PackageConnection::Options options_;
  std::unique_ptr<app::PackageConnection> connection_;
};

}  // namespace flowstone::cli
