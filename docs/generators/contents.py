"""The order of the pages on the site, which is that of the links on its first page."""

import re
from pathlib import Path


def text(page: str, folder: Path) -> str:
    """Hidden tables of contents, one for each heading that has links to pages under it.

    Args:
        page: the first page.
        folder: that it lies in, with pages that it may have forgotten; they come last.
    """
    captions: dict[str, list[str]] = {}
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        heading, _, rest = section.partition("\n")
        captions[heading] = re.findall(r"^- \[[^\]]+\]\(([\w/-]+)\.md\)", rest, re.MULTILINE)
    there = {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.md")}
    captions["More"] = sorted(there - {"index"}.union(*captions.values()))
    return "\n\n".join(
        f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```"
        for caption, pages in captions.items()
        if pages
    )
