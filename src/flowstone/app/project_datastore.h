// ProjectDatastore: the datastore that belongs to a working directory, opened.
//
// It is what FLOWSTONE_DATASTORE names, else the nearest `.flowstone/` at or above the working
// directory, else a new `.flowstone/` in it.
#pragma once

#include <memory>
#include <string>

#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"
#include "flowstone/store/datastore.h"
#include "flowstone/store/directory_object_store.h"
#include "flowstone/store/run_store.h"

namespace flowstone::app {

// The directory of the datastore; it need not exist. kInvalid for a kind of datastore that is not
// supported ("s3://…").
Result<std::string> LocateDatastore(const Machine& machine);

class ProjectDatastore {
 public:
  // kNotFound with kRefuse when there is none yet. `machine` outlives it.
  static Result<std::unique_ptr<ProjectDatastore>> Open(const Machine& machine,
                                                        store::MissingDatastore missing);
  // Null when there is none yet: for who can do without.
  static Result<std::unique_ptr<ProjectDatastore>> OpenIfThere(const Machine& machine);

  const std::string& directory() const { return objects_->directory(); }
  store::Datastore& datastore() { return *datastore_; }
  store::RunStore& runs() { return *runs_; }

 private:
  ProjectDatastore() = default;

  std::unique_ptr<store::DirectoryObjectStore> objects_;
  std::unique_ptr<store::Datastore> datastore_;
  std::unique_ptr<store::RunStore> runs_;
};

}  // namespace flowstone::app
