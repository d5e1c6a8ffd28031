#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Everything that can be said about the sources without running them. Every check runs, even after
# one has failed; each prints its name and "ok", or what is wrong. Last line: "N passed, N failed".
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
passed=0
failed=0

# check NAME COMMAND…: the command's exit status decides, its output is shown when it fails.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf '%-24s ok\n' "$name"
    passed=$((passed + 1))
  else
    printf '%-24s FAILED\n' "$name"
    printf '%s\n' "${output:-no output}" | sed 's/^/    /'
    failed=$((failed + 1))
  fi
}

# What git knows, and what it will know; deleted files are left out.
files() {
  git ls-files -z --cached --others --exclude-standard "$@" | sort -zu |
    while IFS= read -r -d '' name; do [[ -f $name ]] && printf '%s\0' "$name"; done
}

check_formatting() { files 'src/*.c' 'src/*.h' 'tests/*.c' 'tests/*.h' | xargs -0r clang-format --dry-run --Werror; }

shell_scripts() {
  files | while IFS= read -r -d '' name; do
    if head -c 64 "$name" | head -n 1 | grep -qaE '^#!.*\b(ba|da)?sh\b'; then printf '%s\0' "$name"; fi
  done
}
check_shell() { shell_scripts | xargs -0r shellcheck --external-sources; }

check_python() {
  files '*.py' | xargs -0r python3 -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)'
}

check_metainfo() {
  local name
  while IFS= read -r -d '' name; do
    appstreamcli validate --no-net --explain "$name" || return
  done < <(files 'data/*.metainfo.xml*')
}

check_desktop_files() {
  local name folder result=0
  folder=$(mktemp -d)
  while IFS= read -r -d '' name; do
    # The validator insists on the name that the file gets when it is installed.
    cp "$name" "$folder/$(basename "${name%.in}")"
    desktop-file-validate "$folder/$(basename "${name%.in}")" || result=1
  done < <(files 'data/*.desktop*')
  rm -r "$folder"
  return "$result"
}

check_lengths() {
  local name lines result=0
  while IFS= read -r -d '' name; do
    lines=$(wc -l <"$name")
    if [[ $lines -gt 600 ]]; then
      echo "$name: $lines lines, at most 600"
      result=1
    fi
  done < <(files 'src/*' 'tests/*.c' 'tests/*.h' 'tests/*.py' 'flatpak/*' 'build-aux/*' dev)
  return "$result"
}

check_licences() {
  local name result=0
  while IFS= read -r -d '' name; do
    head -n 5 "$name" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || {
      echo "$name: no SPDX-License-Identifier line"
      result=1
    }
  done < <(files '*.c' '*.h' '*.py' '*.sh' '*.blp' '*.js' '*.css' dev .ci/run)
  return "$result"
}

# Links in the handbook pages lead somewhere.
check_links() {
  local page target result=0
  while IFS= read -r -d '' page; do
    while IFS= read -r target; do
      [[ -e $(dirname "$page")/${target%%#*} ]] || {
        echo "$page: leads to $target, which is not there"
        result=1
      }
    done < <(grep -oP '\]\(\K(?!https?:|#|mailto:)[^) ]+' "$page")
  done < <(files '*.md')
  return "$result"
}

check 'clang-format' check_formatting
check 'shellcheck' check_shell
check 'python syntax' check_python
check 'metainfo' check_metainfo
check 'desktop files' check_desktop_files
check 'Flatpak manifest' python3 build-aux/check-flatpak.py
check 'translations' python3 build-aux/check-po.py
check 'folder rules' python3 build-aux/check-layers.py
check 'documented functions' python3 build-aux/check-docs.py
check 'lengths of files' check_lengths
check 'licence lines' check_licences
check 'links' check_links

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
