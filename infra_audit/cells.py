"""Cells of tables that people open in a spreadsheet."""

import json
from collections.abc import Mapping
from typing import Any

STARTS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


def cell(value: Any) -> str:
    """Text; what a spreadsheet would calculate is marked as such.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.lstrip(" ")[:1] in STARTS_A_FORMULA and text.strip() else text
