// The effective configuration as text.
#pragma once

#include <string>

#include "app/config.h"

namespace objectstore {

// YAML that load_config() reads back as the same Config, but for secrets, which are replaced:
// sentry.dsn, and user and password in anything that looks like a URL. The embedded default storage
// has no spelling, so it is a comment.
[[nodiscard]] std::string show_config(const Config& config);

}  // namespace objectstore
