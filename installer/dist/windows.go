package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// dress gives a program for Windows its icon, its version and its manifest, and
// signs it.
func (w *workshop) dress(file string, p program) error {
	dir, err := w.bench()
	if err != nil {
		return err
	}
	if err := w.gather(dir, "installer/windows/winres.json", "installer/icons/16.png", "installer/icons/32.png",
		"installer/icons/48.png", "installer/icons/256.png"); err != nil {
		return err
	}
	err = w.goTool(dir, winres, "patch", "--no-backup", "--in", "winres.json",
		"--product-version", w.fourNumbers(), "--file-version", w.fourNumbers(), file)
	if err != nil {
		return err
	}
	return w.authenticode(file)
}

// authenticode signs a file for Windows, if there is a certificate to do it with.
func (w *workshop) authenticode(file string) error {
	line := w.signLine(file)
	if line == "" {
		return nil
	}
	return runs(command(w.root, "sh", "-c", line))
}

// signLine is the command of a shell that signs a file; empty if there is no
// certificate. (One setup has to be signed by the tool that makes it, which wants
// such a line.) The time of signing that stands in a signature is what the signer
// says: it is that of the release, so that a signed file can be made again. What
// Windows believes is the stamp of a server, which no second build can have.
func (w *workshop) signLine(file string) string {
	cert, key := os.Getenv("KITH_WINDOWS_CERT"), os.Getenv("KITH_WINDOWS_KEY")
	if cert == "" || key == "" {
		return ""
	}
	stamp := ""
	if server := os.Getenv("KITH_WINDOWS_TIMESTAMP"); server != "" {
		stamp = fmt.Sprintf(" -ts '%s'", server)
	}
	return fmt.Sprintf("osslsigncode sign -h sha256 -certs '%s' -key '%s' -time %d -n Kith%s -in '%s' -out '%s.signed' && mv '%s.signed' '%s'",
		cert, key, w.when.Unix(), stamp, file, file, file, file)
}

// windowsFiles lays out what the setups carry: Kith for the command line, and
// the same without a console, for the tray and for the start at login.
func (w *workshop) windowsFiles() (string, error) {
	dir, err := w.bench()
	if err != nil {
		return "", err
	}
	for name, windowed := range map[string]bool{"kith.exe": false, "kithw.exe": true} {
		file, err := w.program(program{os: "windows", arch: "amd64", windowed: windowed})
		if err != nil {
			return "", err
		}
		if err := copyFile(file, filepath.Join(dir, name), 0o755); err != nil {
			return "", err
		}
	}
	err = w.gather(dir, "LICENSE", "installer/icons/kith.ico", "installer/icons/side.bmp", "installer/windows/kith.nsi", "installer/windows/kith.wxs")
	if err != nil {
		return "", err
	}
	return dir, w.age(dir)
}

// setup makes the setup that a person starts.
func (w *workshop) setup(to string) error {
	dir, err := w.windowsFiles()
	if err != nil {
		return err
	}
	args := []string{"-V2", "-NOCD", "-DVERSION=" + w.version, "-DNUMBERS=" + w.fourNumbers(), "-DOUT=setup.exe"}
	if line := w.signLine("%1"); line != "" {
		args = append(args, "-DSIGN="+line) // the uninstaller, which is a file only there
	}
	cmd := command(dir, "makensis", append(args, "kith.nsi")...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", w.when.Unix()))
	if err := runs(cmd); err != nil {
		return err
	}
	made := filepath.Join(dir, "setup.exe")
	if err := w.authenticode(made); err != nil {
		return err
	}
	return copyFile(made, to, 0o755)
}

// msi makes the package for those who look after many machines.
func (w *workshop) msi(to string) error {
	dir, err := w.windowsFiles()
	if err != nil {
		return err
	}
	// What names this very package is made from its version, so that it is the same
	// the next time.
	product := uuid.NewSHA1(uuid.NameSpaceURL, []byte("kith/msi/"+w.version+"/"+w.commit))
	err = runs(command(dir, "wixl", "-a", "x64", "-o", "kith.msi",
		"-D", "Version="+w.fourNumbers(), "-D", "Product="+product.String(), "kith.wxs"))
	if err != nil {
		return err
	}
	made := filepath.Join(dir, "kith.msi")
	if err := w.settleMSI(made, uuid.NewSHA1(product, []byte("package"))); err != nil {
		return err
	}
	if err := w.authenticode(made); err != nil {
		return err
	}
	return copyFile(made, to, 0o644)
}
