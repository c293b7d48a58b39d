"""Cells of a table that a spreadsheet will open: none of them may be run as a formula."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """With an apostrophe before what would be calculated; https://owasp.org/www-community/attacks/CSV_Injection"""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
