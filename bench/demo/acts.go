package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kith/sim/drive"
)

// share shares a folder of real files.
func (s *story) share() error {
	s.act("Anna shares a folder, Ben accepts", "")
	if err := sources(filepath.Join(s.anna.folder, "code"), "net", "crypto", "encoding", "runtime", "cmd/go"); err != nil {
		return err
	}
	if err := photos(filepath.Join(s.anna.folder, "photos"), 60); err != nil {
		return err
	}
	if err := s.anna.Share(s.ctx, s.anna.folder, folder, s.ben.Device); err != nil {
		return err
	}
	if err := s.ben.Offered(s.ctx, folder); err != nil {
		return err
	}
	start := time.Now()
	if err := s.ben.Accept(s.ctx, folder, s.ben.folder); err != nil {
		return err
	}
	if err := s.ben.Wait(s.ctx, folder, 2*time.Minute); err != nil {
		return err
	}
	took := time.Since(start)
	tree, err := s.settle()
	if err != nil {
		return err
	}
	files, bytes := tree.Files()
	s.tell("%d files, %s: on Ben's disk, encrypted on the way, verified, and safe from a power cut, after %s",
		files, size(bytes), seconds(took))
	return nil
}

// editBoth edits on both sides, and sees how long a save takes.
func (s *story) editBoth() error {
	s.act("Both edit", "")
	for _, e := range []struct {
		from, to   *person
		name, text string
	}{
		{s.anna, s.ben, "notes/anna.txt", "Milk, bread, a present for Ben.\n"},
		{s.ben, s.anna, "notes/ben.txt", "Call Anna.\n"},
		{s.anna, s.ben, "notes/anna.txt", "Milk, bread, a present for Ben. And a card.\n"},
	} {
		if err := e.from.save(e.name, e.text); err != nil {
			return err
		}
		took, err := s.until(e.name+" with "+e.to.Name, func() error { return e.to.reads(e.name, e.text) })
		if err != nil {
			return err
		}
		s.tell("%s saves %s: with %s after %s", e.from.Name, e.name, e.to.Name, seconds(took))
	}
	return nil
}

// conflict lets both edit one file while they cannot reach each other.
func (s *story) conflict() error {
	s.act("Both edit the same file while "+s.stage.howApart(), "")
	const name = "notes/plan.txt"
	if err := s.anna.save(name, "The plan.\n"); err != nil {
		return err
	}
	if _, err := s.settle(); err != nil {
		return err
	}
	if err := s.stage.apart(s.ctx, s.anna, s.ben); err != nil {
		return err
	}
	texts := map[*person]string{s.anna: "The plan, as Anna wants it.\n", s.ben: "The plan, as Ben wants it.\n"}
	at := time.Now().Add(-time.Minute)
	for i, p := range []*person{s.anna, s.ben} {
		when := at.Add(time.Duration(i) * time.Second) // Ben is the later one
		if err := errors.Join(p.save(name, texts[p]), os.Chtimes(p.file(name), when, when)); err != nil {
			return err
		}
	}
	if err := s.stage.together(s.ctx, s.anna, s.ben); err != nil {
		return err
	}
	for _, p := range []*person{s.anna, s.ben} {
		if _, err := s.until("both versions on "+p.Name, func() error { return keptBoth(p, texts[s.ben], texts[s.anna]) }); err != nil {
			return err
		}
	}
	tree, err := s.settle()
	if err != nil {
		return err
	}
	s.tell("no text is lost: on both disks the later one has the name, the other lies beside it:")
	for path := range tree {
		if strings.HasPrefix(path, "notes/plan") {
			fmt.Printf("        %s\n", path)
		}
	}
	return nil
}

// keptBoth tells whether the winner has the name, and one conflict copy holds the other.
func keptBoth(p *person, winner, loser string) error {
	if err := p.reads("notes/plan.txt", winner); err != nil {
		return err
	}
	copies, err := filepath.Glob(p.file("notes/plan (conflict, *).txt"))
	if err != nil || len(copies) != 1 {
		return errors.Join(err, fmt.Errorf("%d conflict copies on %s", len(copies), p.Name))
	}
	return p.reads("notes/"+filepath.Base(copies[0]), loser)
}

// rename renames the directory with the photos.
func (s *story) rename() error {
	before, errWire := s.stage.wire()
	var bytes int64
	err := filepath.Walk(s.anna.file("photos"), func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		return err
	}
	s.act(fmt.Sprintf("Ben renames the directory with %s of photos", size(bytes)), "")
	if err := os.Rename(s.ben.file("photos"), s.ben.file("photos of the summer")); err != nil {
		return err
	}
	took, err := s.until("the new name with "+s.anna.Name, func() error {
		if _, err := os.Stat(s.anna.file("photos")); err == nil {
			return errors.New("the old name is still there")
		}
		return drive.Same(s.anna.file("photos of the summer"), s.ben.file("photos of the summer"), drive.Reading{Names: true})
	})
	if err != nil {
		return err
	}
	if errWire != nil {
		s.tell("renamed on %s too after %s", s.anna.Name, seconds(took))
		return nil
	}
	after, err := s.stage.wire()
	if err != nil {
		return err
	}
	s.tell("renamed on %s too after %s; %s crossed the wire", s.anna.Name, seconds(took), size(after-before))
	if after-before > bytes/10 {
		return errors.New("the photos were sent again")
	}
	return nil
}

// undelete deletes a file and finds it among the earlier versions of the other.
func (s *story) undelete() error {
	s.act("Anna deletes a file, and wants it back", "What is replaced or deleted by another device is kept for a month.")
	const name = "notes/ben.txt"
	if err := os.Remove(s.anna.file(name)); err != nil {
		return err
	}
	took, err := s.until("the deletion on "+s.ben.Name, func() error {
		if _, err := os.Stat(s.ben.file(name)); err == nil {
			return errors.New("it is still there")
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.tell("gone on %s too, after %s; there, `kith versions` lists it:", s.ben.Name, seconds(took))
	list, err := s.ben.Kith(s.ctx, "versions", folder, name)
	if err != nil {
		return err
	}
	for line := range strings.Lines(strings.TrimSpace(list)) {
		fmt.Printf("        %s\n", strings.TrimRight(line, "\n"))
	}
	if _, err := s.ben.Kith(s.ctx, "restore", folder, name); err != nil {
		return err
	}
	took, err = s.until("the file with "+s.anna.Name, func() error { return s.anna.reads(name, "Call Anna.\n") })
	if err != nil {
		return err
	}
	s.tell("restored by Ben, and back with Anna after %s", seconds(took))
	return nil
}

// crash kills Ben's program in the middle of a large file.
func (s *story) crash() error {
	const video, bytes = "video/holiday.mov", 400 << 20
	s.act(fmt.Sprintf("Ben's program is killed in the middle of a video of %s", size(bytes)), "kill -9, as when the power fails.")
	if err := writeNoise(s.anna.file(video), bytes, 1000); err != nil {
		return err
	}
	_, err := s.until("the video to be under way", func() error {
		if _, err := os.Stat(s.ben.file(video)); err == nil {
			return nil
		}
		p, err := s.ben.Status(s.ctx)
		if err != nil {
			return err
		}
		if f, _ := p.Folder(folder); f.NeedBytes < bytes/4 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.ben.Kill(); err != nil {
		return err
	}
	if _, err := os.Stat(s.ben.file(video)); err == nil {
		s.tell("killed; it had just become complete")
	} else {
		s.tell("killed; nothing half stands in Ben's folder")
	}
	if err := s.ben.Start(s.ctx); err != nil {
		return err
	}
	start := time.Now()
	if err := drive.Connected(s.ctx, s.anna.Device, s.ben.Device); err != nil {
		return err
	}
	if _, err := s.settle(); err != nil {
		return err
	}
	s.tell("started again: connected by itself, the video complete and compared after %s", seconds(time.Since(start)))
	return nil
}

// compare compares everything, byte for byte.
func (s *story) compare() error {
	s.act("Everything is compared, byte for byte", "Content, names, permissions, and times to the nanosecond.")
	tree, err := s.settle()
	if err != nil {
		return err
	}
	files, bytes := tree.Files()
	s.tell("%d files, %s: the same on both", files, size(bytes))
	for _, p := range []*person{s.anna, s.ben} {
		if err := p.Quit(); err != nil {
			return err
		}
	}
	return nil
}
