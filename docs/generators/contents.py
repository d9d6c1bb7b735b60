"""The order of the pages on the site, which is that of the links on its first page."""

import re


def text(page: str) -> str:
    """Hidden tables of contents, one for each heading that has links to pages under it.

    Args:
        page: the first page.
    """
    made = []
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        heading, _, rest = section.partition("\n")
        pages = re.findall(r"^- \[[^\]]+\]\(([\w/-]+)\.md\)", rest, re.MULTILINE)
        if pages:
            listed = "\n".join(pages)
            made.append(f"```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{listed}\n```")
    return "\n\n".join(made)
