"""Makes the pages of the site: those of docs/, one for each public header, and the files that they link to.

usage: stage.py TREE OUT XML     TREE: of cosio; OUT: gets mkdocs.yml and pages/; XML: of Doxygen

Pages are Markdown as forges show it. What Python-Markdown reads in another way is changed here: links out of docs/,
lists, and bars in the code of tables.
"""

import contextlib
import html
import os
import re
import shutil
import sys
from pathlib import Path

import pygments
import pygments.formatters
import pygments.lexers

import reference

LINK = re.compile(r"(!?\[(?:[^\]\[]|\[[^\]]*\])*\]\()([^()\s]+)(\))")
LEFT_OUT = {"node_modules", "target", "__pycache__", "build"}
MOVED = {"README.md": "index.md", "CHANGELOG.md": "changelog.md"}


class Site:
    def __init__(self, tree, out):
        self.tree = tree
        self.pages = out / "pages"
        self.names = {}  # of pages of the reference
        self.sources = set()  # files of the tree that pages link to

    def place_of(self, page, target):
        """Where a link of a page of the tree leads to in the site, relative to its pages."""
        found = os.path.normpath(os.path.join(os.path.dirname(page), target))
        if found in MOVED:
            return MOVED[found]
        if re.match(r"docs/(?!site[./])", found) and (self.tree / found).is_file():
            return found.removeprefix("docs/")
        if found == "docs":
            return "index.md"
        header = "reference/" + reference.name_of(found)
        if reference.is_public(found) and (self.pages / header).exists():
            return header
        self.sources.add(found)
        return f"source/{found}/index.html" if (self.tree / found).is_dir() else f"source/{found}.html"

    def names_of(self, place):
        """The names that a page of the reference has a heading for."""
        if place not in self.names:
            self.names[place] = set(re.findall(r"^#+ `(\w+)`$", (self.pages / place).read_text(encoding="utf-8"), re.M))
        return self.names[place]

    def link(self, page, place, target, text=""):
        if re.match(r"(https?|mailto):|#", target):
            return target
        path, _, heading = target.partition("#")
        found = self.place_of(page, path)
        relative = os.path.relpath(found, os.path.dirname(place) or ".")
        name = re.fullmatch(r"\[`(?:\w+::)*(\w+)(?:\(\))?`\]\(", text)
        if found.startswith("source/"):
            heading = ""
        elif name and found.startswith("reference/") and name[1] in self.names_of(found):
            heading = name[1]
        return relative + ("#" + heading if heading else "")

    def convert(self, page, place):
        """The text of a page of the tree, for Python-Markdown. Place: where it is in the site."""
        out = []
        fence, whole, before = None, None, ""
        for line in (self.tree / page).read_text(encoding="utf-8").splitlines():
            if fence:
                out.append(line)
                if line.strip() == fence:
                    fence = None
                    if whole:
                        name = os.path.basename(whole)
                        out += ["", f"[{name}]({whole}){{ .whole-file title=\"The whole file\" }}"]
                        whole = None
                continue
            if came := re.match(r" *<!-- (?:from|file): (\S+) -->$", line):
                whole = came[1]
                continue
            if opened := re.match(r" *(```+)", line):
                fence = opened[1]
                if before.strip():
                    out.append("")
                out.append(line)
                before = ""
                continue
            item = re.match(r"( *)([-*]|\d+\.) ", line)
            if item and before.strip() and not re.match(r" *([-*]|\d+\.) |  ", before):
                out.append("")
            if item:
                line = item[1] + line  # nested lists: two characters here, four there
            if line.lstrip().startswith("|"):
                line = re.sub(r"`[^`]*`", lambda code: code[0].replace("\\|", "|"), line)
                if before.strip() and not before.lstrip().startswith("|"):
                    out.append("")
            out.append(line)
            before = line
        return "".join(self.with_links(out, page, place))

    def with_links(self, lines, page, place):
        """The lines, paragraph by paragraph, because a link may begin on one line and end on the next."""
        fence, paragraph = None, []
        for line in [*lines, ""]:
            opened = re.match(r" *(```+)", line)
            if not fence and line.strip() and not opened:
                paragraph.append(line + "\n")
                continue
            yield self.links_of("".join(paragraph), page, place)
            yield line + "\n"
            paragraph = []
            if fence or opened:
                fence = None if line.strip() == fence else fence or opened[1]

    def links_of(self, text, page, place):
        """The text with links that lead to the right place; what is in code stays, unless it is a link's text."""
        codes = []

        def hide(found):
            if text[: found.start()].endswith("[") and text[found.end() :].startswith("]("):
                return found[0]
            codes.append(found[0])
            return f"\0{len(codes) - 1}\0"

        text = re.sub(r"(?s)(`+)(?!`).*?(?<!`)\1(?!`)", hide, text)
        text = LINK.sub(lambda found: found[1] + self.link(page, place, found[2], found[1]) + found[3], text)
        return re.sub(r"\0(\d+)\0", lambda found: codes[int(found[1])], text)

    def copy_pages(self):
        docs = self.tree / "docs"
        for file in sorted(docs.rglob("*")):
            name = file.relative_to(docs)
            if file.is_dir() or name.parts[0] in ("site", "site.sh"):
                continue
            to = self.pages / name
            to.parent.mkdir(parents=True, exist_ok=True)
            if file.suffix == ".md":
                to.write_text(self.convert(f"docs/{name}", str(name)), encoding="utf-8")
            else:
                shutil.copy(file, to)
        (self.pages / "changelog.md").write_text(self.convert("CHANGELOG.md", "changelog.md"), encoding="utf-8")
        shutil.copy(docs / "site" / "site.css", self.pages)

    def write_sources(self):
        formatter = pygments.formatters.HtmlFormatter(full=True, style="default")
        done = set()
        while self.sources - done:
            path = min(self.sources - done)
            done.add(path)
            file = self.tree / path
            if file.is_dir():
                names = sorted(one.name for one in file.iterdir() if one.name not in LEFT_OUT)
                inside = [f"{path}/{name}" for name in names]
                self.sources.update(inside)
                rows = "".join(f'<li><a href="{html.escape(self.name_of(one))}">{html.escape(os.path.basename(one))}</a></li>'
                               for one in inside)
                body = f"<ul>{rows}</ul>"
                to = self.pages / "source" / path / "index.html"
            else:
                to = self.pages / "source" / (path + ".html")
                body = self.coloured(file)
            to.parent.mkdir(parents=True, exist_ok=True)
            colours = formatter.get_style_defs(".code")
            to.write_text(PAGE.format(title=html.escape(path), colours=colours, body=body), encoding="utf-8")

    def name_of(self, path):
        name = os.path.basename(path)
        return f"{name}/index.html" if (self.tree / path).is_dir() else f"{name}.html"

    def coloured(self, file):
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return "<p>This file is no text.</p>"
        lexer = pygments.lexers.TextLexer()
        if "consumer" in file.parts or "apps" in file.parts:  # colours take a while
            with contextlib.suppress(pygments.util.ClassNotFound):
                lexer = pygments.lexers.get_lexer_for_filename(file.name)
        return pygments.highlight(text, lexer, pygments.formatters.HtmlFormatter(cssclass="code"))


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{colours}
body {{ margin: 1rem; font-family: sans-serif; color: #222; background: #fff; }}
.code {{ overflow-x: auto; font-size: 0.85rem; background: #fff; }}
h1 {{ font-size: 1.1rem; overflow-wrap: anywhere; }}
</style>
<h1>{title}</h1>
{body}
</html>
"""


def nav(lines, pages):
    """nav with all pages of a folder in place of `folder/*`, and without pages that are not there."""
    out = []
    for line in lines:
        entry = re.match(r"( *- )([\w/.-]+\.md|[\w/]+/\*)$", line)
        if not entry:
            out.append(line)
        elif entry[2].endswith("/*"):
            folder = pages / entry[2][:-2]
            names = sorted(file.name for file in folder.glob("*.md"))
            names.sort(key=lambda name: name != "index.md")
            out += [f"{entry[1]}{entry[2][:-1]}{name}" for name in names]
        elif (pages / entry[2]).exists():
            out.append(line)
    return out


def main(tree, out, xml):
    tree, out, site = Path(tree), Path(out), None
    shutil.rmtree(out / "pages", ignore_errors=True)
    site = Site(tree, out)
    (site.pages / "reference").mkdir(parents=True)
    reference.write(tree, Path(xml), site.pages / "reference")
    site.copy_pages()
    site.write_sources()
    settings = (tree / "docs/site/mkdocs.yml").read_text(encoding="utf-8").splitlines()
    (out / "mkdocs.yml").write_text("\n".join(nav(settings, site.pages)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
