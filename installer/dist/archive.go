package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// tarball packs what is below dir, under a directory called top. Names are in
// order, and times and owners are those of the release, not of this machine.
func (w *workshop) tarball(to, dir, top string) (err error) {
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	z, err := gzip.NewWriterLevel(file, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	err = everyFile(dir, func(name string, info fs.FileInfo, content io.Reader) error {
		header := &tar.Header{
			Name: path.Join(top, name), Mode: int64(info.Mode().Perm()), Size: info.Size(),
			ModTime: w.when, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR,
		}
		if err := t.WriteHeader(header); err != nil {
			return err
		}
		_, err := io.Copy(t, content)
		return err
	})
	return errors.Join(err, t.Close(), z.Close())
}

// zipFile packs what is below dir, under a directory called top, as a zip.
func (w *workshop) zipFile(to, dir, top string) (err error) {
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	z := zip.NewWriter(file)
	err = everyFile(dir, func(name string, info fs.FileInfo, content io.Reader) error {
		header := &zip.FileHeader{Name: path.Join(top, name), Method: zip.Deflate, Modified: w.when}
		header.SetMode(info.Mode())
		entry, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		_, err = io.Copy(entry, content)
		return err
	})
	return errors.Join(err, z.Close())
}

// everyFile shows each file below dir, in order of names.
func everyFile(dir string, show func(name string, info fs.FileInfo, content io.Reader) error) error {
	return filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, full)
		if err != nil {
			return err
		}
		content, err := os.Open(full)
		if err != nil {
			return err
		}
		return errors.Join(show(filepath.ToSlash(name), info, content), content.Close())
	})
}
