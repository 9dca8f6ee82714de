#!/bin/sh
# Installs Kith for you alone, below ~/.local, without root. Run it again with a
# newer one to update: a Kith that runs goes on until it is started anew.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$HOME/.local/bin
share=${XDG_DATA_HOME:-$HOME/.local/share}
lib=$HOME/.local/lib/kith

# put FILE TO MODE: TO appears whole, also where the old one is running.
put() {
	mkdir -p "$(dirname "$2")"
	cp "$1" "$2.new"
	chmod "$3" "$2.new"
	mv -f "$2.new" "$2"
	printf '%s\n' "$2" >>"$lib/files.new"
}

mkdir -p "$lib"
: >"$lib/files.new"
put "$here/kith" "$bin/kith" 755
for file in $(cd "$here/share" && find . -type f | LC_ALL=C sort); do
	put "$here/share/$file" "$share/${file#./}" 644
done
put "$here/uninstall.sh" "$lib/uninstall.sh" 755

# These two name the program by its path, which may hold anything.
quoted=$(printf '%s\n' "$bin/kith" | sed 's/[&|\\]/\\&/g')
for file in applications/org.kith.kith.desktop systemd/user/kith.service; do
	sed -e "s|^Exec=kith|Exec=\"$quoted\"|" -e "s|^ExecStart=/usr/bin/kith|ExecStart=\"$quoted\"|" "$share/$file" >"$share/$file.new"
	mv -f "$share/$file.new" "$share/$file"
done

# What an older version had and this one has not.
if [ -f "$lib/files" ]; then
	grep -vxF -f "$lib/files.new" "$lib/files" | while IFS= read -r file; do rm -f "$file"; done
fi
mv -f "$lib/files.new" "$lib/files"

echo "Kith is installed: $bin/kith"
case ":$PATH:" in
*":$bin:"*) ;;
*) echo "$bin is not in your PATH yet; it often is after the next login." ;;
esac
echo "To remove it: $lib/uninstall.sh"
