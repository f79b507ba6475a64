"""The admin of the browser tests; a module of its own, because seed_admin sets Django up."""

NAME, PASSWORD = "browser-admin", "browser-admin-1"
