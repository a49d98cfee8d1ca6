#!/bin/sh
# Builds the documentation as a site with search: static files, which any web server serves.
#
#   sh docs/site.sh                  into build/site/html; installs what is missing, and says where the site is
#   sh docs/site.sh --no-install DIR into DIR/html, with what is there
#   sh docs/site.sh --serve          builds, and serves it on http://localhost:8000
#
# Pages that link to nothing, anchors that are not there, and pages without a place in the navigation are errors. The
# packages of docs/site/requirements.txt are installed into a virtual environment in DIR, at the first time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(dirname "$here")
. "$tree/lib/cmake/setup.sh"

install=yes
serve=no
while [ $# != 0 ]; do
  case $1 in
    --no-install) install=no ;;
    --serve) serve=yes ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit ;;
    -*) die "site.sh: unknown option '$1'; --help lists them" ;;
    *) break ;;
  esac
  shift
done
out=${1:-$tree/build/site}

if [ "$install" = yes ]; then
  need_site
  install_needed
fi
has_command doxygen || die "site.sh: doxygen is missing (on Debian: apt-get install doxygen)"
mkdir -p "$out"
out=$(cd "$out" && pwd)

# The environment is made anew when the list of packages changes.
wanted=$(cksum <"$here/site/requirements.txt")
if [ "$(cat "$out/python/.installed" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$out/python"
  python3 -m venv "$out/python" || die "site.sh: python3 -m venv failed (on Debian: apt-get install python3-venv)"
  "$out/python/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r "$here/site/requirements.txt"
  echo "$wanted" >"$out/python/.installed"
fi

rm -rf "$out/xml"
{
  cat "$here/site/Doxyfile"
  printf 'INPUT ='
  printf ' "%s"' "$tree"/lib/include/cosio "$tree"/lib/*/include/cosio
  echo
  echo "OUTPUT_DIRECTORY = \"$out\""
} | doxygen -
PYTHONDONTWRITEBYTECODE=1 "$out/python/bin/python" "$here/site/stage.py" "$tree" "$out" "$out/xml"
NO_MKDOCS_2_WARNING=1 "$out/python/bin/mkdocs" build --quiet --config-file "$out/mkdocs.yml" --site-dir "$out/html"
say "The site is in $out/html: $(find "$out/html" -name index.html -not -path '*/source/*' | wc -l) pages."
if [ "$serve" = yes ]; then exec "$out/python/bin/python" -m http.server 8000 --directory "$out/html"; fi
