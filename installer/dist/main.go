// Command dist makes everything by which Kith reaches a machine, from Linux:
// packages, setups, plain binaries, what is in them, and the sums and signatures.
//
//	go run ./installer/dist [-out DIR] [-only PATTERN,…] [-list]
//
// The same commit gives the same bytes, in whatever directory and whenever it is
// made, if the same version of Go makes it. So do the same keys, as long as that
// for Windows is of RSA (ECDSA signs by chance) and no server stamps the time.
// What is secret comes from outside:
//
//	KITH_SIGN_KEY           minisign secret key file; signs SHA256SUMS
//	KITH_SIGN_PASSWORD      its password
//	KITH_SIGN_PUBLIC        the public key, RW…, which goes into the programs: they verify updates with it
//	KITH_WINDOWS_CERT       certificate chain (PEM) for Authenticode
//	KITH_WINDOWS_KEY        its key (PEM)
//	KITH_WINDOWS_TIMESTAMP  URL of a time-stamp server; without it there is no time stamp
//
// What is not given is not signed, and dist says so.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	out := flag.String("out", "dist/release", "directory for the products; what is in it goes away")
	only := flag.String("only", "", "make only products whose names match one of these patterns")
	list := flag.Bool("list", false, "only list the products")
	flag.Parse()
	if err := run(*out, *only, *list); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// product is one file of a release.
type product struct {
	name string
	make func(to string) error
}

// workshop is where a release is made.
type workshop struct {
	release
	root     string // of the source
	scratch  string // for what lies in between; goes away at the end
	programs map[program]string
}

func run(out, only string, list bool) (err error) {
	root, err := output(".", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	w := &workshop{root: root, programs: map[program]string{}}
	if w.release, err = describe(root); err != nil {
		return err
	}
	products, err := choose(w.products(), only)
	if err != nil || list {
		for _, p := range products {
			fmt.Println(p.name)
		}
		return err
	}
	if w.scratch, err = os.MkdirTemp("", "kith-dist-"); err != nil {
		return err
	}
	defer os.RemoveAll(w.scratch)
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := w.makeAll(out, products); err != nil {
		return err
	}
	if now, err := describe(root); err != nil || now != w.release {
		return errors.Join(fmt.Errorf("the source has become %s while %s was made from it: make it once more", now.version, w.version), err)
	}
	return w.seal(out)
}

// choose returns the products whose names match one of the patterns.
func choose(all []product, only string) ([]product, error) {
	if only == "" {
		return all, nil
	}
	patterns := strings.Split(only, ",")
	chosen := slices.DeleteFunc(all, func(p product) bool {
		return !slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, err := path.Match(pattern, p.name)
			return ok && err == nil
		})
	})
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no product is called %s; -list shows them", only)
	}
	return chosen, nil
}

func (w *workshop) makeAll(out string, products []product) error {
	fmt.Printf("Kith %s, commit %s\n", w.version, w.commit)
	for _, p := range products {
		began := time.Now()
		if err := p.make(filepath.Join(out, p.name)); err != nil {
			return fmt.Errorf("make %s: %w", p.name, err)
		}
		info, err := os.Stat(filepath.Join(out, p.name))
		if err != nil {
			return err
		}
		fmt.Printf("  %-48s %6.1f MB  %5.1f s\n", p.name, float64(info.Size())/1e6, time.Since(began).Seconds())
	}
	return nil
}

// products are all there are.
func (w *workshop) products() []product {
	v := w.version
	all := []product{
		{"kith_" + v + "_amd64.deb", w.linuxPackage("deb", "amd64")},
		{"kith_" + v + "_arm64.deb", w.linuxPackage("deb", "arm64")},
		{"kith-" + v + "-1.x86_64.rpm", w.linuxPackage("rpm", "amd64")},
		{"kith-" + v + "-1.aarch64.rpm", w.linuxPackage("rpm", "arm64")},
		{"kith-" + v + "-linux-amd64.tar.gz", w.userTarball("amd64")},
		{"kith-" + v + "-linux-arm64.tar.gz", w.userTarball("arm64")},
		{"kith-" + v + "-linux-arm.tar.gz", w.userTarball("arm")},
		{"kith-" + v + "-windows-amd64-setup.exe", w.setup},
		{"kith-" + v + "-windows-amd64.msi", w.msi},
		{"kith-" + v + "-macos.zip", w.macZip},
	}
	for _, p := range plainPrograms {
		name := "kith-" + v + "-" + p.os + "-" + p.arch
		if p.os == "windows" {
			name += ".exe"
		}
		all = append(all, product{name, func(to string) error {
			file, err := w.program(p)
			if err != nil {
				return err
			}
			return copyFile(file, to, 0o755)
		}})
	}
	for _, p := range []program{{os: "linux", arch: "amd64"}, {os: "windows", arch: "amd64"}, {os: "darwin", arch: "arm64"}} {
		all = append(all, product{"kith-" + v + "-" + p.os + ".cdx.json", w.sbom(p)})
	}
	return all
}
