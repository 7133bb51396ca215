// DirectReferences: the packages of a request that come from places of their own (`name @ URL`,
// paths, repositories) instead of an index.
//
// All of them are looked into before resolving starts, because the candidates of a package must not
// change while the solver learns about them. Only the request itself and what it refers to may name
// such places; a package of an index that does is usable only if it means one of them. Resolving
// then sees each as a project with one release; the lock says where it really is.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flowstone/app/source_builds.h"
#include "flowstone/base/result.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/index/package_index.h"
#include "flowstone/lock/lock.h"
#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/name.h"
#include "flowstone/resolve/request.h"

namespace flowstone::app {

class DirectReferences {
 public:
  // Fetches, checks out and reads everything that the request refers to; builds where only building
  // tells. kConflict when two requirers name different places of one package. The references
  // outlive this.
  static Result<DirectReferences> Collect(const resolve::ResolveRequest& request,
                                          SourceBuilds& builds);

  // The request without URLs: what resolve::Resolve is asked.
  const resolve::ResolveRequest& plain_request() const { return plain_; }
  bool Has(const pypi::Name& name) const { return packages_.contains(name); }
  bool empty() const { return packages_.empty(); }

  // REQUIRES: Has(name). What the resolver sees of it.
  std::shared_ptr<const index::ProjectFiles> Project(const pypi::Name& name) const;
  // The metadata of one of those files; null for any other file.
  const std::string* MetadataOf(const index::IndexFile& file) const;
  // METADATA in which what means one of these packages is a plain requirement.
  std::string WithoutUrls(const std::string& metadata) const;

  // Says in the lock of the plain request where these packages are, and what was asked.
  void Complete(lock::Lock& lock) const;

 private:
  struct Package {
    build::DirectReference reference;
    lock::DirectSource source;
    std::string asker;  // "step train", for messages
    pypi::CoreMetadata fields;
    std::string metadata;
    std::string file_name = {};             // under which the resolver knows it
    std::set<pypi::ExtraName> extras = {};  // that were asked for
  };
  struct Mention {
    pypi::Requirement requirement;
    std::string asker;
  };

  DirectReferences(const resolve::ResolveRequest& request, SourceBuilds& builds)
      : request_(request), builds_(builds), plain_(request) {}

  void NoteRequest();
  bool IsActive(const pypi::Marker& marker, const std::set<pypi::ExtraName>& extras) const;
  std::map<pypi::Name, Package>::iterator FindSource(const build::DirectReference& reference);
  Status Follow(const Mention& mention);
  Result<Package> LookInto(const build::DirectReference& reference, const std::string& asker);
  Status CheckBuildAllowed(const pypi::Name& name, const build::DirectReference& reference) const;
  void NoteDependencies(const Package& package);
  void MakePlain();

  const resolve::ResolveRequest& request_;
  SourceBuilds& builds_;
  resolve::ResolveRequest plain_;
  std::map<pypi::Name, Package> packages_;
  std::map<std::string, pypi::Name> names_;  // by the URLs that lead to them
  std::vector<Mention> mentions_;            // to be followed
};

}  // namespace flowstone::app
