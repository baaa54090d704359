"""Code lists as package data: CPV 2008, NUTS 2024 and ISO 3166. Where they come from is told in NOTICE.md."""
