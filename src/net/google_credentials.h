// Google's application-default credentials: where a program without credentials of its own finds
// some. https://google.aip.dev/auth/4110
#pragma once

#include <memory>
#include <string>

#include "net/token_fetcher.h"

namespace objectstore {

struct GoogleCredentialsSettings {
  // In this order; the first that is there counts.
  std::string named_file;  // of GOOGLE_APPLICATION_CREDENTIALS; empty: not set
  std::string
      well_known_file;  // ~/.config/gcloud/application_default_credentials.json; empty: none
  std::string metadata_server = "http://169.254.169.254";
  // What the tokens are for: URLs separated by spaces.
  std::string scope = "https://www.googleapis.com/auth/cloud-platform";
};

// Reads the file; asks no server yet. Blocks. A named file must be there. Errors (naming file and
// member, never content): invalid_argument, unsupported, io.
[[nodiscard]] Result<std::unique_ptr<TokenFetcher>> load_google_credentials(
    const GoogleCredentialsSettings& settings, TokenParts parts);

}  // namespace objectstore
