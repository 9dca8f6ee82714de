#!/usr/bin/env bash
# Builds Kith.app and its disk image on a Mac. Not tried: see README.md beside it.
#
#   installer/mac/build.sh VERSION [DIR]
set -euo pipefail
version=${1:?version, as 1.2.3}
out=${2:-dist/mac}
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
[ "$(uname)" = Darwin ] || { echo "build.sh: this needs a Mac" >&2; exit 1; }

app=$out/Kith.app
rm -rf "$out"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources" "$out/kith.iconset"

commit=$(git rev-parse --short=12 HEAD)
for arch in amd64 arm64; do
	CGO_ENABLED=1 GOOS=darwin GOARCH=$arch MACOSX_DEPLOYMENT_TARGET=12.0 go build -trimpath -buildvcs=false \
		-ldflags "-s -w -X main.version=$version -X main.commit=$commit" -o "$out/kith-$arch" .
done
lipo -create -output "$app/Contents/MacOS/kith" "$out/kith-amd64" "$out/kith-arm64"

sed -e "s/@VERSION@/$version/" -e "s/@BUILD@/$version/" "$here/Info.plist" >"$app/Contents/Info.plist"
for size in 16 32 128 256; do
	cp "installer/icons/$size.png" "$out/kith.iconset/icon_${size}x$size.png"
	cp "installer/icons/$((size * 2)).png" "$out/kith.iconset/icon_${size}x$size@2x.png"
done
iconutil -c icns -o "$app/Contents/Resources/kith.icns" "$out/kith.iconset"
cp LICENSE "$app/Contents/Resources/"

if [ -n "${KITH_MAC_IDENTITY:-}" ]; then
	codesign --force --options runtime --timestamp --sign "$KITH_MAC_IDENTITY" "$app"
else
	codesign --force --sign - "$app"
fi
codesign --verify --strict --verbose=2 "$app"

# notarise FILE has Apple look at a zip or an image, and waits for the answer.
notarise() { xcrun notarytool submit "$1" --keychain-profile "$KITH_MAC_PROFILE" --wait; }
if [ -n "${KITH_MAC_PROFILE:-}" ]; then
	ditto -c -k --keepParent "$app" "$out/Kith.zip"
	notarise "$out/Kith.zip"
	xcrun stapler staple "$app"
	rm "$out/Kith.zip"
fi

mkdir "$out/image"
cp -R "$app" "$out/image/"
ln -s /Applications "$out/image/Applications"
image=$out/Kith-$version.dmg
hdiutil create -volname Kith -srcfolder "$out/image" -format UDZO -ov "$image"
if [ -n "${KITH_MAC_IDENTITY:-}" ]; then
	codesign --timestamp --sign "$KITH_MAC_IDENTITY" "$image"
fi
if [ -n "${KITH_MAC_PROFILE:-}" ]; then
	notarise "$image"
	xcrun stapler staple "$image"
fi
rm -rf "$out/image" "$out/kith.iconset" "$out/kith-amd64" "$out/kith-arm64"
echo "$image"
