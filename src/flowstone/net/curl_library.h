// CurlLibrary: the functions of libcurl that we call, found when the first request needs them.
//
// libcurl brings thirty libraries with it (TLS, Kerberos, LDAP, …), and their loading is most of
// what `flowstone --version` would cost: 5 of 6.9 ms CPU (perf stat -r 20). Most commands open no
// connection, so the program is not linked to it.
#pragma once

#include <curl/curl.h>

#include "flowstone/base/result.h"

namespace flowstone::net {

struct CurlLibrary {
  // The library, loaded and initialised; always the same one in a process, and never unloaded.
  // Thread-safe. kIo when it is not installed, too old, or cannot be initialised.
  static Result<const CurlLibrary*> Load();

  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&::curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&::curl_multi_info_read) multi_info_read = nullptr;
  decltype(&::curl_multi_init) multi_init = nullptr;
  decltype(&::curl_multi_perform) multi_perform = nullptr;
  decltype(&::curl_multi_poll) multi_poll = nullptr;
  decltype(&::curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&::curl_multi_setopt) multi_setopt = nullptr;
  decltype(&::curl_multi_wakeup) multi_wakeup = nullptr;
  decltype(&::curl_share_cleanup) share_cleanup = nullptr;
  decltype(&::curl_share_init) share_init = nullptr;
  decltype(&::curl_share_setopt) share_setopt = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  decltype(&::curl_version_info) version_info = nullptr;
};

// Fills the table from the shared library of that file name; what Load does, for any name.
Result<CurlLibrary> LoadCurlLibrary(const char* file_name);

}  // namespace flowstone::net
