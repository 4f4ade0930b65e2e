"""Ground: what every wing stands on: errors, files, programs, tables, shards, downloads, noise levels. Imports nobody."""
