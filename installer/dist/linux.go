package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

// iconSizes are those that a theme of icons wants, beside the one that scales.
var iconSizes = []int{16, 24, 32, 48, 64, 128, 256, 512}

// linuxPackage returns how to make the deb or rpm for an architecture.
func (w *workshop) linuxPackage(format, arch string) func(to string) error {
	return func(to string) error {
		dir, err := w.bench()
		if err != nil {
			return err
		}
		file, err := w.program(program{os: "linux", arch: arch, pie: true})
		if err != nil {
			return err
		}
		if err := copyFile(file, filepath.Join(dir, "kith"), 0o755); err != nil {
			return err
		}
		if err := w.linuxFiles(dir); err != nil {
			return err
		}
		if err := w.nfpmFile(filepath.Join(dir, "nfpm.yaml"), format, arch); err != nil {
			return err
		}
		if err := w.age(dir); err != nil {
			return err
		}
		target, err := filepath.Abs(to)
		if err != nil {
			return err
		}
		return w.goTool(dir, nfpm, "package", "-f", "nfpm.yaml", "-p", format, "-t", target)
	}
}

// nfpmFile fills in the description of a package.
func (w *workshop) nfpmFile(to, format, arch string) error {
	text, err := template.ParseFiles(filepath.Join(w.root, "installer/linux/nfpm.yaml"))
	if err != nil {
		return err
	}
	var filled bytes.Buffer
	err = text.Execute(&filled, map[string]any{
		"Format": format, "Arch": arch, "Version": w.version,
		"Time": w.when.Format(time.RFC3339), "Icons": iconSizes, "Dirs": rpmDirs(),
	})
	if err != nil {
		return err
	}
	return writeFile(to, filled.Bytes(), 0o644)
}

// rpmDirs are the directories of the rpm that a system may not have without it,
// those outside first.
func rpmDirs() []string {
	dirs := []string{
		"/etc/ufw", "/etc/ufw/applications.d", "/usr/lib/firewalld", "/usr/lib/firewalld/services",
		"/usr/lib/systemd", "/usr/lib/systemd/user", "/usr/share/applications", "/usr/share/metainfo",
		"/usr/share/bash-completion", "/usr/share/bash-completion/completions",
		"/usr/share/fish", "/usr/share/fish/vendor_completions.d", "/usr/share/zsh", "/usr/share/zsh/site-functions",
		"/usr/share/doc/kith", "/usr/share/licenses", "/usr/share/licenses/kith",
		"/usr/share/icons", "/usr/share/icons/hicolor",
		"/usr/share/icons/hicolor/scalable", "/usr/share/icons/hicolor/scalable/apps",
	}
	for _, size := range iconSizes {
		dir := fmt.Sprintf("/usr/share/icons/hicolor/%dx%d", size, size)
		dirs = append(dirs, dir, dir+"/apps")
	}
	return dirs
}

// linuxFiles lays out, side by side, the files that packages put in place.
func (w *workshop) linuxFiles(dir string) error {
	names := []string{
		"LICENSE", "README.md", "installer/icons/kith.svg",
		"installer/linux/org.kith.kith.desktop", "installer/linux/kith.service",
		"installer/linux/ufw-kith", "installer/linux/firewalld-kith.xml", "installer/linux/copyright", "installer/linux/lintian-overrides",
	}
	for _, size := range iconSizes {
		names = append(names, fmt.Sprintf("installer/icons/%d.png", size))
	}
	if err := w.gather(dir, names...); err != nil {
		return err
	}
	meta, err := os.ReadFile(filepath.Join(w.root, "installer/linux/org.kith.kith.metainfo.xml"))
	if err != nil {
		return err
	}
	filled := strings.NewReplacer("@VERSION@", w.version, "@DATE@", w.when.Format(time.DateOnly)).Replace(string(meta))
	if err := writeFile(filepath.Join(dir, "org.kith.kith.metainfo.xml"), []byte(filled), 0o644); err != nil {
		return err
	}
	changelog := fmt.Sprintf("kith (%s-1) unstable; urgency=medium\n\n  * Kith %s, commit %s.\n\n -- The Kith authors <kith@kith.org>  %s\n",
		w.version, w.version, w.commit, w.when.Format(time.RFC1123Z))
	if err := writeZipped(filepath.Join(dir, "changelog.Debian.gz"), []byte(changelog)); err != nil {
		return err
	}
	return w.spoken(dir)
}

// spoken writes the files that the program itself knows best: its manual page and
// the completions.
func (w *workshop) spoken(dir string) error {
	page, err := w.speak("__manual")
	if err != nil {
		return err
	}
	if err := writeZipped(filepath.Join(dir, "kith.1.gz"), page); err != nil {
		return err
	}
	for shell, name := range map[string]string{"bash": "kith.bash", "zsh": "_kith", "fish": "kith.fish"} {
		text, err := w.speak("completion", shell)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func writeZipped(name string, content []byte) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(content); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return writeFile(name, b.Bytes(), 0o644)
}

// userTarball returns how to make the tarball that installs itself for one user.
// Below share it has what goes below ~/.local/share, by the same names.
func (w *workshop) userTarball(arch string) func(to string) error {
	return func(to string) error {
		flat, err := w.bench()
		if err != nil {
			return err
		}
		if err := w.linuxFiles(flat); err != nil {
			return err
		}
		file, err := w.program(program{os: "linux", arch: arch})
		if err != nil {
			return err
		}
		top, err := w.bench()
		if err != nil {
			return err
		}
		if err := w.gather(top, "installer/linux/install.sh", "installer/linux/uninstall.sh", "LICENSE", "README.md"); err != nil {
			return err
		}
		places := map[string]string{
			"org.kith.kith.desktop":      "applications/org.kith.kith.desktop",
			"org.kith.kith.metainfo.xml": "metainfo/org.kith.kith.metainfo.xml",
			"kith.service":               "systemd/user/kith.service",
			"kith.1.gz":                  "man/man1/kith.1.gz",
			"kith.bash":                  "bash-completion/completions/kith",
			"_kith":                      "zsh/site-functions/_kith",
			"kith.fish":                  "fish/vendor_completions.d/kith.fish",
			"kith.svg":                   "icons/hicolor/scalable/apps/kith.svg",
		}
		for _, size := range iconSizes {
			places[fmt.Sprintf("%d.png", size)] = fmt.Sprintf("icons/hicolor/%dx%d/apps/kith.png", size, size)
		}
		for from, to := range places {
			if err := copyFile(filepath.Join(flat, from), filepath.Join(top, "share", to), 0o644); err != nil {
				return err
			}
		}
		if err := copyFile(file, filepath.Join(top, "kith"), 0o755); err != nil {
			return err
		}
		return w.tarball(to, top, "kith-"+w.version)
	}
}
