"""GitHub, asked through its REST API: read only, with a token or as an app; also an Enterprise server's."""
