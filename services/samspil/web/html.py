"""Parts of pages that stand alone: to read on a screen or aloud, to print, and to keep. They load nothing and run nothing."""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from html import escape

from fastapi import Response

STYLE = (
    "body{font:16px/1.5 sans-serif;color:#111;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:bold;padding:.25rem 0}"
    "th,td{border:1px solid #666;padding:.25rem .5rem;text-align:left;vertical-align:top}"
    "blockquote{margin:.5rem 0;padding-left:1rem;border-left:4px solid #666;white-space:pre-wrap}"
    ".said{white-space:pre-wrap}code{overflow-wrap:anywhere}"
    "@media print{body{font-size:11pt;max-width:none;margin:0}section,tr{break-inside:avoid}thead{display:table-header-group}}"
)


def html_page(title: str, parts: Iterable[str]) -> str:
    """A page. The title is escaped here; the parts are HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>{''.join(parts)}</main></body></html>\n"
    )


def answered(page: str) -> Response:
    """The page as an answer, which browsers may style with its own style alone."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    security = f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    return Response(page, media_type="text/html", headers={"Content-Security-Policy": security})


def table(caption: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    """A table; the cells are HTML."""
    columns = "".join(f'<th scope="col">{name}</th>' for name in heads)
    head = f"<thead><tr>{columns}</tr></thead>" if columns else ""
    return f"<table><caption>{caption}</caption>{head}<tbody>{''.join(rows)}</tbody></table>"


def code(text: str) -> str:
    """An id or a digest."""
    return f"<code>{escape(text)}</code>"


def row(name: str, *cells: str) -> str:
    """A row of a table; the cells are HTML."""
    return f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def when(moment: datetime | None) -> str:
    """A moment, for people and for programs."""
    return f'<time datetime="{moment.isoformat()}">{moment:%Y-%m-%d %H:%M} UTC</time>' if moment else "–"
