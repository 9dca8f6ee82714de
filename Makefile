# make            build ./kith
# make test       all tests, the end-to-end ones with the real program included
# make check      formatting, vet, staticcheck, known vulnerabilities, other platforms
# make demo       two devices on this machine, in under a minute
# make bench      side by side with rsync and syncthing; ARGS="-quick" for smaller sizes
# make dist       packages, setups, programs for all systems, into dist/release; ARGS="-only '*.deb'"
# make test-packages  the packages in a fresh Debian, all of them made twice
# make test-windows   the tests of what touches the system, as programs for Windows, under Wine
# make screenshots  the pictures in docs/, made anew of the real program on a screen in memory
# make icons      the icons of the tray, rendered anew from their drawings
# make soak       ten times what CI tries of everything, with new seeds, and the real
#                 program tormented on many file systems; on two processors that takes
#                 MINUTES=60, and fewer make less of each
#
# Go is all that is needed. What else some tests use (see .ci/setup) is installed
# by apt where that is possible; where it is not, they are skipped and say so.

MINUTES ?= 30
ARGS ?=

.PHONY: build test check demo bench dist test-packages test-windows screenshots icons soak clean

build:
	CGO_ENABLED=0 go build -trimpath -o kith$(shell go env GOEXE) .

test:
	.ci/setup
	.ci/test

check:
	.ci/check

demo:
	go run ./bench/demo $(ARGS)

bench:
	.ci/setup rsync syncthing tc
	go run ./bench $(ARGS)

dist:
	.ci/setup makensis wixl
	go run ./installer/dist $(ARGS)

test-packages:
	.ci/setup
	.ci/setup debootstrap Xvfb openbox xdotool convert
	KITH_PACKAGES=all go test -v -count=1 -timeout 60m ./installer/...

test-windows:
	.ci/setup wine x86_64-w64-mingw32-gcc
	go run ./installer/wine/try ./index ./index/sqlite ./syncer/ignore ./syncer/disk/... ./syncer ./control ./installer/autostart

screenshots:
	.ci/setup
	.ci/setup Xvfb xfce4-panel openbox xdotool convert xsetroot
	KITH_SCREENSHOTS=$(CURDIR)/docs go test -count=1 -run Screenshots ./sim/...

icons:
	.ci/setup rsvg-convert convert
	.ci/icons

soak:
	.ci/setup
	.ci/setup mkfs.xfs mkfs.btrfs
	.ci/soak $(MINUTES)

clean:
	rm -rf kith kith.exe dist
