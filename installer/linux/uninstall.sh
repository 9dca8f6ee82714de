#!/bin/sh
# Removes what install.sh has put below ~/.local. Your folders and their earlier
# versions stay in any case; with --settings the settings, the key of this device
# and the index go too.
set -eu
bin=$HOME/.local/bin
share=${XDG_DATA_HOME:-$HOME/.local/share}
lib=$HOME/.local/lib/kith

case "${1:-}" in
"" | --settings) ;;
*)
	echo "usage: uninstall.sh [--settings]" >&2
	exit 2
	;;
esac
if [ ! -f "$lib/files" ]; then
	echo "Kith is not installed here by install.sh: there is no $lib/files." >&2
	exit 1
fi

"$bin/kith" autostart off >/dev/null 2>&1 || true
"$bin/kith" quit >/dev/null 2>&1 || true
if command -v systemctl >/dev/null 2>&1; then
	systemctl --user disable --now kith.service >/dev/null 2>&1 || true
fi

# Directories that are empty afterwards go too, but for the usual ones.
while IFS= read -r file; do
	rm -f "$file"
	dir=$(dirname "$file")
	while [ "$dir" != "$share" ] && [ "$dir" != "$HOME/.local" ] && rmdir "$dir" 2>/dev/null; do
		dir=$(dirname "$dir")
	done
done <"$lib/files"
rm -f "$lib/files"
rmdir "$lib" "$(dirname "$lib")" 2>/dev/null || true

if [ "${1:-}" = --settings ]; then
	rm -rf "${XDG_CONFIG_HOME:-$HOME/.config}/kith" "$share/kith"
	echo "Kith is gone, with its settings. Your folders are as they were."
else
	echo "Kith is gone. Your folders are as they were; the settings are kept for the next time."
fi
