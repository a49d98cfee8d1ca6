"""Writes a page for each public header, from the XML that Doxygen makes of it.

What has a documentation comment is there, in the order of the header; declarations that follow it without one of their
own share it. What is in a namespace `detail` is not there.
"""

import re
import xml.etree.ElementTree as xml
from pathlib import Path

INTERNAL = re.compile(r"convert(_\w+)?|\w+_checks|mismatch|temporaries|text_buffer")  # headers of other headers
KINDS = {"function": "function", "enum": "enum", "typedef": "type", "variable": "variable"}


def is_public(path):
    return re.fullmatch(r"lib/(\w+/)?include/cosio/.*\.hpp", path)


def name_of(path):
    """The page of a header."""
    return re.sub(r"^.*include/cosio/|\.hpp$", "", path).replace("/", "_") + ".md"


def text_of(node):
    return "".join(node.itertext()) if node is not None else ""


def plain(text):
    """Text that Markdown must not read as markup."""
    return re.sub(r"([\\`*_<>\[\]|#])", r"\\\1", re.sub(r"\s+", " ", text))


def code(text):
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def inline(node):
    """The text of an element whose children are no blocks."""
    out = plain(node.text or "")
    for child in node:
        if child.tag == "computeroutput":
            out += code(text_of(child))
        elif child.tag in ("bold", "emphasis"):
            out += f"**{inline(child).strip()}**"
        elif child.tag == "ulink":
            out += f"[{inline(child)}]({child.get('url')})"
        elif child.tag in ("ndash", "mdash"):
            out += "–"
        else:
            out += inline(child)
        out += plain(child.tail or "")
    return out


BLOCKS = {"itemizedlist", "orderedlist", "verbatim", "programlisting", "simplesect", "parameterlist"}


def blocks(node):
    """The paragraphs of a description, as Markdown."""
    out = []
    if node is None:
        return out
    for para in node.findall("para"):
        run = xml.Element("para")
        run.text = para.text
        for child in para:
            if child.tag not in BLOCKS:
                run.append(child)
                continue
            out += [inline(run).strip()] + block(child)
            run = xml.Element("para")
            run.text = child.tail
        out.append(inline(run).strip())
    return [one for one in out if one]


def block(node):
    if node.tag in ("itemizedlist", "orderedlist"):
        return ["\n".join("- " + "\n\n    ".join(blocks(item)) for item in node)]
    if node.tag in ("verbatim", "programlisting"):
        return [fence(text_of(node).strip("\n"))]
    if node.tag == "simplesect":
        title = {"return": "Returns"}.get(node.get("kind"), text_of(node.find("title")).strip())
        inside = blocks(node)
        return [f"**{title or node.get('kind').capitalize()}**: " + (inside[0] if inside else "")] + inside[1:]
    rows = []
    for item in node.findall("parameteritem"):
        names = ", ".join(code(text_of(name)) for name in item.iter("parametername"))
        rows.append(f"- {names}: " + " ".join(blocks(item.find("parameterdescription"))))
    title = {"param": "Parameters", "exception": "Throws", "templateparam": "Template parameters"}
    return [f"**{title.get(node.get('kind'), 'Values')}**:", "\n".join(rows)]


def fence(text):
    return "```cpp\n" + text + "\n```"


def described(node):
    return blocks(node.find("briefdescription")) + blocks(node.find("detaileddescription"))


def spelt(text):
    """A type or a signature as the headers write it."""
    text = re.sub(r"\s+", " ", text).replace("< ", "<").replace(" >", ">")
    text = re.sub(r" ([&*]+)(?=\w)", r"\1 ", text)
    return re.sub(r" ([&*]+)", r"\1", text).replace("cosio::", "")


def template_of(node):
    params = node.find("templateparamlist")
    if params is None:
        return ""
    each = [" ".join(filter(None, (text_of(p.find("type")), text_of(p.find("declname"))))) for p in params]
    return "template <" + spelt(", ".join(each)) + ">\n"


def signature(node):
    kind, name = node.get("kind"), text_of(node.find("name"))
    if kind == "enum":
        values = ", ".join(text_of(value.find("name")) for value in node.findall("enumvalue"))
        return f"enum {'class ' if node.get('strong') == 'yes' else ''}{name} {{ {values} }};"
    result = text_of(node.find("type"))
    if kind == "typedef":
        return template_of(node) + f"using {name} = {spelt(result)};"
    front = "static " if node.get("static") == "yes" and kind == "function" else ""
    if kind == "function":
        end = spelt(text_of(node.find("argsstring")))
    else:
        end = re.sub(r"^(?=[^{])", " ", re.sub(r"\s+", " ", text_of(node.find("initializer"))))
    return template_of(node) + front + (spelt(result) + " " if result else "") + name + end + ";"


def members(nodes):
    """[(signatures, name, description)] in the order of the header."""
    out = []
    for node in sorted(nodes, key=lambda one: int(one.find("location").get("line"))):
        name, said = text_of(node.find("name")), described(node)
        if node.get("prot") != "public" or node.get("kind") not in KINDS or name.startswith("~"):
            continue
        if said and said[0].startswith("For the library"):
            out.append(None)
            continue
        if node.get("kind") == "enum":
            said += ["\n".join(f"- {code(text_of(v.find('name')))}: " + " ".join(described(v))
                               for v in node.findall("enumvalue") if described(v))]
        if said:
            out.append(([signature(node)], name, said))
        elif out and out[-1]:
            out[-1][0].append(signature(node))
    return [one for one in out if one]


def opening(header):
    """The comment that a header begins with."""
    out, sample = [], []
    for line in header.read_text(encoding="utf-8").splitlines():
        if not line.startswith("//"):
            break
        text = line[2:].removeprefix(" ")
        if text.startswith("  ") and (sample or not out or not out[-1].startswith("- ")):
            sample.append(text[2:])
            continue
        if sample and text:
            out += ["", fence("\n".join(sample).rstrip()), ""]
            sample = []
        if sample:
            sample.append("")
        else:
            out.append(text if text.startswith("- ") or "`" in text else re.sub(r"([*_<>\[\]|])", r"\\\1", text))
    if sample:
        out += ["", fence("\n".join(sample).rstrip())]
    return "\n".join(out)


def member_text(one, level):
    return [f"{'#' * level} {code(one[1])}", fence("\n".join(one[0]))] + [part for part in one[2] if part]


def class_text(node):
    name = text_of(node.find("compoundname")).removeprefix("cosio::")
    out = [f"## {code(name)}"] + described(node)
    bases = [spelt(text_of(base)) for base in node.findall("basecompoundref") if base.get("prot") == "public"]
    bases = [base for base in bases if "detail" not in base]
    if bases:
        out.append("It also has the public members of " + ", ".join(code(base) for base in bases) + ".")
    for one in members(node.iter("memberdef")):
        out += member_text(one, 3)
    return out


def page(header, parts):
    out = [f"# {str(header).rpartition('include/')[2]}", opening(header)]
    for _, part in sorted(parts, key=lambda one: one[0]):
        out += part
    return "\n\n".join(out) + "\n"


def write(tree, folder, to):
    """Writes the pages of all headers with something to tell, and index.md, which lists them."""
    parts = {}
    for file in sorted(folder.glob("*.xml")):
        if not file.name.startswith(("class", "struct", "namespace")):
            continue
        node = xml.parse(file).getroot().find("compounddef")
        name = text_of(node.find("compoundname"))
        if not name.startswith("cosio") or re.search(r"\b(detail|kit)\b|<", name) or node.get("prot") in ("private", "protected"):
            continue
        if node.get("kind") == "namespace":
            for member in node.iter("memberdef"):
                place = member.find("location")
                parts.setdefault(place.get("file"), []).append((int(place.get("line")), member))
        elif described(node):
            place = node.find("location")
            parts.setdefault(place.get("file"), []).append((int(place.get("line")), class_text(node)))
    rows = []
    for name in sorted(parts):
        header = tree / name if not name.startswith("/") else Path(name)
        free = members([one for _, one in parts[name] if not isinstance(one, list)])
        lines = {text_of(one.find("name")): line for line, one in parts[name] if not isinstance(one, list)}
        known = [part for part in parts[name] if isinstance(part[1], list)]
        known += [(lines[one[1]], member_text(one, 2)) for one in free]
        if not known or INTERNAL.fullmatch(header.stem):
            continue
        text = re.sub(r"\bdocs/([\w-]+\.md)", r"[\1](../\1)", page(header, known))
        (to / name_of(name)).write_text(text, encoding="utf-8")
        first = re.split(r"(?<=\.)\s|\n\n", opening(header), maxsplit=1)[0].replace("\n", " ").strip()
        include = name.rpartition("include/")[2]
        rows.append(f"| [`<{include}>`]({name_of(name)}) | {first.rstrip(':')} |")
    text = "# Reference\n\nThe public headers, with the comments that are in them.\n\n| header | about |\n|---|---|\n"
    (to / "index.md").write_text(text + "\n".join(rows) + "\n", encoding="utf-8")
