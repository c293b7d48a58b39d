"""The audit engine: reads AWS accounts and git repositories into an inventory, and judges it. Knows no Django."""

CATALOGUE_VERSION = "2026.11"
TOOL_VERSION = "0.1.0"
