#!/usr/bin/env bash
# Draws kith.svg in the sizes that desktops ask for: for Linux and macOS as PNG,
# for Windows as one ICO, and as a picture that stands beside the last page of setup. Needs rsvg-convert and ImageMagick; run it when the
# mark changes.
set -euo pipefail
cd "$(dirname "$0")"
for size in 16 24 32 48 64 128 256 512; do
	rsvg-convert -w $size -h $size -o $size.png kith.svg
	convert $size.png -strip -define png:exclude-chunks=date,time PNG32:$size.png
done
convert 16.png 24.png 32.png 48.png 64.png 256.png kith.ico
convert -size 164x314 gradient:'#1f7f86-#12454f' \( 128.png -resize 96x96 \) -gravity center -geometry +0-40 -composite -colors 256 -type Palette -compress none BMP3:side.bmp
